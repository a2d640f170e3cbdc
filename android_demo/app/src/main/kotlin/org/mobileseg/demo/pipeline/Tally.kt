package org.mobileseg.demo.pipeline

/** Shares of frames, 0..1: the median of the last 100, and the mean of all. Written by one thread, read by another. */
class Tally {
    private val window = RollingWindow(Stopwatch.FRAMES)
    private var sum = 0.0

    /** Frames. */
    @get:Synchronized
    var count: Long = 0
        private set

    @Synchronized
    fun add(share: Float) {
        window.add(share.toDouble())
        sum += share
        count++
    }

    /** NaN before the first frame. */
    @Synchronized fun median(): Double = window.percentile(50.0)

    /** NaN before the first frame. */
    @Synchronized fun mean(): Double = sum / count

    @Synchronized
    fun clear() {
        window.clear()
        sum = 0.0
        count = 0
    }
}
