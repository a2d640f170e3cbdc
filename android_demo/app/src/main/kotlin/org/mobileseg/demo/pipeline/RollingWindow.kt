package org.mobileseg.demo.pipeline

import kotlin.math.min

/** The last [capacity] numbers and their percentiles. Nothing is allocated after construction. */
class RollingWindow(private val capacity: Int) {
    private val values = DoubleArray(capacity)
    private val sorted = DoubleArray(capacity)
    private var added = 0L

    /** Numbers in the window. */
    val size: Int
        get() = min(added, capacity.toLong()).toInt()

    fun add(value: Double) {
        values[(added++ % capacity).toInt()] = value
    }

    fun clear() {
        added = 0
    }

    /** [rank] in 0..100, linearly interpolated as numpy does; NaN while the window is empty. */
    fun percentile(rank: Double): Double {
        val count = size
        if (count == 0) return Double.NaN
        values.copyInto(sorted, 0, 0, count)
        sorted.sort(0, count)
        val position = rank / 100.0 * (count - 1)
        val low = position.toInt()
        val high = min(low + 1, count - 1)
        return sorted[low] + (position - low) * (sorted[high] - sorted[low])
    }
}
