package org.mobileseg.demo.pipeline

/** The stages of a frame whose times are shown. */
enum class Stage {
    PREPARE,
    INFER,
    CLASSIFY,
}

/** Median and 90th percentile in ms; NaN without samples. */
data class Latency(val medianMs: Double, val p90Ms: Double)

/** Monotonic time in ns. An interface, because a function type would box each reading. */
fun interface NanoClock {
    fun now(): Long
}

/** Times of the last 100 frames of one model, by stage. Written by one thread, read by another. */
class Stopwatch(private val clock: NanoClock = NanoClock(System::nanoTime)) {
    private val windows = Stage.entries.associateWith { RollingWindow(FRAMES) }

    /** Runs [action] and adds its time to [stage]. */
    inline fun <T> time(stage: Stage, action: () -> T): T {
        val began = now()
        val result = action()
        add(stage, (now() - began) / NANOS_PER_MS)
        return result
    }

    @Synchronized
    fun latency(stage: Stage): Latency = windows.getValue(stage).run { Latency(percentile(MEDIAN), percentile(P90)) }

    @Synchronized
    fun clear() {
        windows.values.forEach(RollingWindow::clear)
    }

    @PublishedApi internal fun now(): Long = clock.now()

    @PublishedApi
    @Synchronized
    internal fun add(stage: Stage, ms: Double) {
        windows.getValue(stage).add(ms)
    }

    companion object {
        const val FRAMES: Int = 100
        const val NANOS_PER_MS: Double = 1e6
        private const val MEDIAN = 50.0
        private const val P90 = 90.0
    }
}

/** Frames per second over the last frames. */
class FrameRate {
    private val gaps = RollingWindow(FRAMES)
    private var last = 0L

    @Synchronized
    fun tick(nanos: Long) {
        if (last != 0L) gaps.add((nanos - last) / Stopwatch.NANOS_PER_MS)
        last = nanos
    }

    /** NaN before the second frame. */
    @Synchronized fun perSecond(): Double = 1000.0 / gaps.percentile(50.0)

    /** Called after a pause, so that it does not count as a slow frame. */
    @Synchronized
    fun pause() {
        last = 0L
        gaps.clear()
    }

    private companion object {
        const val FRAMES = 30
    }
}
