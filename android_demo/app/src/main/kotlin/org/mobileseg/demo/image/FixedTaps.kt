package org.mobileseg.demo.image

import kotlin.math.min
import kotlin.math.roundToInt

/**
 * The filter of [Taps] in whole numbers: every sum has [count] taps, and its weights add up to `1 shl bits`, so that
 * flat areas stay as they are.
 */
internal class FixedTaps(source: Int, target: Int, bits: Int) {
    val count: Int

    /** First sample of each sum. */
    val first = IntArray(target)

    /** By tap, then by sum. */
    val weights: Array<IntArray>

    init {
        val exact = Taps(source, target)
        count = exact.count.max()
        weights = Array(count) { IntArray(target) }
        for (i in 0 until target) {
            first[i] = min(exact.first[i], source - count)
            val shift = exact.first[i] - first[i]
            var rest = 1 shl bits
            var heaviest = shift
            for (k in 0 until exact.count[i]) {
                val weight = (exact.weights[i * exact.width + k] * (1 shl bits)).roundToInt()
                weights[shift + k][i] = weight
                rest -= weight
                if (weight > weights[heaviest][i]) heaviest = shift + k
            }
            weights[heaviest][i] += rest
        }
    }
}
