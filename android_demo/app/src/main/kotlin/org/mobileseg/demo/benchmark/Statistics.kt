package org.mobileseg.demo.benchmark

import kotlin.math.abs
import kotlin.math.max
import kotlin.math.sqrt

/** The figures of Python's `mobileseg.latency.results.summary.summarize`, which explains each. Times in ms. */
class Summary(
    val medianMs: Double,
    val p90Ms: Double,
    val p99Ms: Double,
    val meanMs: Double,
    val minMs: Double,
    val madMs: Double,
    val variation: Double?,
    val drift: Double?,
    val outliers: Double,
)

/** [turns]: one list of times per turn, in the order in which they were taken. */
fun summarize(turns: List<List<Double>>): Summary {
    val times = turns.flatten()
    val median = percentile(times, MEDIAN)
    val distances = times.map { abs(it - median) }
    val mad = percentile(distances, MEDIAN)
    val mean = times.average()
    return Summary(
        medianMs = median,
        p90Ms = percentile(times, 90.0),
        p99Ms = percentile(times, 99.0),
        meanMs = mean,
        minMs = times.min(),
        madMs = mad,
        variation = if (times.size > 1 && mean > 0) deviation(times, mean) / mean else null,
        drift = drift(turns),
        outliers = distances.count { it > OUTLIER * NORMAL * mad }.toDouble() / times.size,
    )
}

/** Interpolated linearly; [rank] in 0..100. */
fun percentile(values: List<Double>, rank: Double): Double {
    val sorted = values.sorted()
    val position = rank / 100.0 * (sorted.size - 1)
    val low = position.toInt()
    val high = minOf(low + 1, sorted.size - 1)
    return sorted[low] + (position - low) * (sorted[high] - sorted[low])
}

/** Of a sample: n - 1. */
private fun deviation(times: List<Double>, mean: Double): Double =
    sqrt(times.sumOf { (it - mean) * (it - mean) } / (times.size - 1))

/** Median of the last fifth of the turns over that of the first fifth, minus 1. */
private fun drift(turns: List<List<Double>>): Double? {
    if (turns.size < 2) return null
    val count = max(1, turns.size / ENDS)
    val first = percentile(turns.take(count).flatten(), MEDIAN)
    val last = percentile(turns.takeLast(count).flatten(), MEDIAN)
    return if (first > 0) last / first - 1 else null
}

private const val MEDIAN = 50.0
private const val OUTLIER = 3.5 // robust z-scores (Iglewicz and Hoaglin 1993)
private const val NORMAL = 1.4826 // MAD to standard deviation, for a normal distribution
private const val ENDS = 5
