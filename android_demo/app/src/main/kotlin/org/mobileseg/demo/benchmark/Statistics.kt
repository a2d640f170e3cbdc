package org.mobileseg.demo.benchmark

/** Interpolated linearly; [rank] in 0..100. */
fun percentile(values: List<Double>, rank: Double): Double {
    val sorted = values.sorted()
    val position = rank / 100.0 * (sorted.size - 1)
    val low = position.toInt()
    val high = minOf(low + 1, sorted.size - 1)
    return sorted[low] + (position - low) * (sorted[high] - sorted[low])
}
