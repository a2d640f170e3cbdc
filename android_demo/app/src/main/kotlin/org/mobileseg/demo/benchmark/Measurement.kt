package org.mobileseg.demo.benchmark

import kotlin.math.abs
import org.mobileseg.demo.engine.SegmentationEngine

/** Called with the number of turns so far, or [Measurement.WARMING]. */
fun interface Progress {
    fun at(turn: Int)
}

/**
 * Load, first inference, untimed runs until the times settle, then turns, as in Python's
 * `mobileseg.latency.runners.python.loop`: only the runtime's call is timed. [clock] in ns; [hints] as in [Benchmark].
 */
class Measurement(
    private val plan: Plan,
    private val memory: Memory,
    private val watch: Watch,
    private val hints: (Long) -> Hints? = { null },
    private val clock: () -> Long = System::nanoTime,
) {
    private var session: Hints? = null

    /**
     * Loads all of [loads] and tells [events] what happens; [finish] gets the engines before they are closed. Throws
     * [InterruptedException], and what the engines throw.
     */
    fun run(
        loads: List<() -> SegmentationEngine>,
        events: Events,
        progress: Progress,
        finish: (List<SegmentationEngine>) -> Unit = {},
    ) {
        val began = clock()
        val base = memory.resetPeak()
        progress.at(WARMING)
        val engines = mutableListOf<SegmentationEngine>()
        try {
            for ((index, load) in loads.withIndex()) {
                val ms = timed { engines += load() }
                events.tell("load", "model" to index, "ms" to ms)
            }
            for ((index, engine) in engines.withIndex()) events.tell(
                "first",
                "model" to index,
                "ms" to timed(engine::run),
            )
            val last = engines.mapIndexed { index, engine -> warmUp(engine, index, events) }
            session = hints((last.min() * HINT * NANOS_PER_MS).toLong())
            turns(engines, events, progress, began)
            // A peak that cannot be set back is that of everything before, too: not measured.
            events.tell("memory", "base_kb" to base, "peak_kb" to base?.let { memory.peakKb() })
            finish(engines)
        } finally {
            session?.close()
            engines.forEach { it.close() }
        }
    }

    private fun turns(engines: List<SegmentationEngine>, events: Events, progress: Progress, began: Long) {
        val spentS = DoubleArray(engines.size)
        var turn = 0
        watch.look(events, began, clock())
        while (turn < plan.turns || spentS.min() < plan.minSeconds) {
            for (index in order(engines.size, turn, plan.balanced)) {
                goOn()
                val engine = engines[index]
                if (engines.size > 1) repeat(plan.settle) { engine.run() }
                val atS = (clock() - began) / NANOS_PER_S
                val samples = List(plan.runs) { timed(engine::run).also { events.alive() } }
                for (ms in samples) session?.worked((ms * NANOS_PER_MS).toLong())
                spentS[index] += samples.sum() / MS_PER_S
                events.tell("turn", "turn" to turn, "model" to index, "samples_ms" to samples, "at_s" to atS)
            }
            watch.look(events, began, clock())
            progress.at(++turn)
        }
        watch.look(events, began, clock(), final = true)
    }

    /** The last time, in ms. */
    private fun warmUp(engine: SegmentationEngine, index: Int, events: Events): Double {
        val window = plan.warmupMin / 2
        val samples = mutableListOf<Double>()
        var stable = false
        while (!stable) {
            goOn()
            samples += timed(engine::run)
            events.alive()
            if (samples.size < plan.warmupMin || samples.sum() < MS_PER_S * plan.warmupSeconds) continue
            val after = percentile(samples.takeLast(window), MEDIAN)
            val before = percentile(samples.dropLast(window).takeLast(window), MEDIAN)
            stable = abs(after - before) < plan.stableWithin * before
            if (samples.size >= plan.warmupMax) break
        }
        events.tell("warmup", "model" to index, "samples_ms" to samples, "stable" to stable)
        return samples.last()
    }

    private fun goOn() {
        if (Thread.interrupted()) throw InterruptedException("the screen was left")
    }

    private inline fun timed(action: () -> Unit): Double {
        val began = clock()
        action()
        return (clock() - began) / NANOS_PER_MS
    }

    companion object {
        const val WARMING: Int = -1
        private const val MEDIAN = 50.0
        private const val HINT = 0.8 // somewhat less than the time without a session, so that clocks do not fall
        private const val NANOS_PER_MS = 1e6
        private const val NANOS_PER_S = 1e9
        private const val MS_PER_S = 1e3
    }
}
