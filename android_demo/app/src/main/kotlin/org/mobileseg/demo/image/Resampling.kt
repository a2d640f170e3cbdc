package org.mobileseg.demo.image

import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.max
import kotlin.math.min
import org.mobileseg.demo.manifest.Size

/**
 * The bilinear filter of one axis, widened by the factor by which it shrinks (antialiasing): `target` sums of `source`
 * samples.
 *
 * The same weights in the same precision as Pillow's `Image.resize(BILINEAR)` (`Resample.c`), which Python's
 * preprocessing uses, so that the results are equal.
 */
class Taps(source: Int, target: Int) {
    /** Largest number of samples in one sum. */
    val width: Int

    /** First sample of each sum, and number of samples. */
    val first = IntArray(target)
    val count = IntArray(target)

    /** Weight `k` of sum `i` at `i * width + k`; those of a sum add up to 1. */
    val weights: DoubleArray

    init {
        val scale = source.toDouble() / target
        val support = max(scale, 1.0)
        width = ceil(support).toInt() * 2 + 1
        weights = DoubleArray(target * width)
        for (i in 0 until target) {
            val centre = (i + 0.5) * scale
            first[i] = max((centre - support + 0.5).toInt(), 0)
            count[i] = min((centre + support + 0.5).toInt(), source) - first[i]
            var sum = 0.0
            for (k in 0 until count[i]) {
                val weight = triangle((k + first[i] - centre + 0.5) * (1.0 / support))
                weights[i * width + k] = weight
                sum += weight
            }
            for (k in 0 until count[i]) weights[i * width + k] /= sum
        }
    }

    private fun triangle(x: Double): Double = max(1.0 - abs(x), 0.0)
}

/** The rows of one plane as floats. */
interface Rows {
    /** Copies row [row] to the beginning of [into]. */
    fun read(row: Int, into: FloatArray)
}

/**
 * The target index of sample `(row, column)` of a plane: `start + row * down + column * across`. Rotation and mirroring
 * are choices of these.
 */
data class Layout(val start: Int, val down: Int, val across: Int)

/**
 * Resamples planes of [source] to [target], along the rows first, as Pillow does. Reused for every frame; one thread at
 * a time.
 */
class Resampler(private val source: Size, private val target: Size) {
    private val across = Taps(source.width, target.width)
    private val down = Taps(source.height, target.height)
    private val row = FloatArray(source.width)
    private val narrow = FloatArray(source.height * target.width)
    private val sums = DoubleArray(target.width)

    /** Resamples one plane from [rows] to [out], in the order given by [layout]. */
    fun resample(rows: Rows, out: FloatArray, layout: Layout) {
        for (y in 0 until source.height) {
            rows.read(y, row)
            narrowRow(y * target.width)
        }
        for (i in 0 until target.height) {
            sumRows(i)
            var at = layout.start + i * layout.down
            for (x in 0 until target.width) {
                out[at] = sums[x].toFloat()
                at += layout.across
            }
        }
    }

    private fun narrowRow(start: Int) {
        for (j in 0 until target.width) {
            var sum = 0.0
            val first = across.first[j]
            val weights = j * across.width
            for (k in 0 until across.count[j]) sum += row[first + k] * across.weights[weights + k]
            narrow[start + j] = sum.toFloat()
        }
    }

    private fun sumRows(i: Int) {
        sums.fill(0.0)
        for (k in 0 until down.count[i]) {
            val weight = down.weights[i * down.width + k]
            val start = (down.first[i] + k) * target.width
            for (x in 0 until target.width) sums[x] += narrow[start + x] * weight
        }
    }
}
