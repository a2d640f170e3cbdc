package org.mobileseg.demo.image

import java.nio.ByteBuffer
import org.mobileseg.demo.manifest.Size

/**
 * Resizes rows of a plane of bytes, upright and one after the other: along the rows first, as Pillow does. Narrowed
 * rows are kept as long as sums need them. In whole numbers; the error is below a twentieth of a step of 255.
 */
internal class PlaneReducer(window: Window, orientation: Orientation, target: Size) {
    private val rows = UprightRows(window, orientation)
    private val across = RowTaps(rows.size.width, target.width, orientation.columnsFromEnd)
    private val down = FixedTaps(rows.size.height, target.height, DOWN_BITS)
    private val kept = Array(down.count) { IntArray(target.width) }
    private val sums = IntArray(target.width)
    private var next = 0

    /** Starts again, with [plane] of bytes from its index 0. */
    fun begin(plane: ByteBuffer, rowStride: Int, pixelStride: Int) {
        rows.begin(plane, rowStride, pixelStride)
        across.step(rows.step)
        next = 0
    }

    /**
     * Row [i] of the target, less [zero] (0..255), times [scale], with [POINT] bits after the point; until the next
     * call. [i] grows from call to call.
     */
    fun row(i: Int, zero: Int, scale: Int): IntArray {
        val first = down.first[i]
        if (next < first) next = first
        while (next < first + down.count) narrow(next++)
        val weights = down.weights
        val less = (zero shl POINT) * scale
        when (down.count) {
            2 -> sum(kept[first % 2], kept[(first + 1) % 2], weights[0][i], weights[1][i], scale, less)
            3 -> {
                val (a, b, c) = weights
                sum(kept[first % 3], kept[(first + 1) % 3], kept[(first + 2) % 3], a[i], b[i], c[i], scale, less)
            }
            else -> {
                sums.fill(ROUND)
                for (k in 0 until down.count) add(kept[(first + k) % down.count], weights[k][i])
                for (x in sums.indices) sums[x] = (sums[x] shr SHIFT) * scale - less
            }
        }
        return sums
    }

    private fun narrow(row: Int) {
        rows.read(row)
        across.narrow(rows.bytes, rows.start, kept[row % down.count])
    }

    // Loops over whole rows without branches, which compilers turn into vector instructions.

    private fun sum(p: IntArray, q: IntArray, a: Int, b: Int, scale: Int, less: Int) {
        val sums = sums
        for (x in sums.indices) sums[x] = ((a * p[x] + b * q[x] + ROUND) shr SHIFT) * scale - less
    }

    private fun sum(p: IntArray, q: IntArray, r: IntArray, a: Int, b: Int, c: Int, scale: Int, less: Int) {
        val sums = sums
        for (x in sums.indices) sums[x] = ((a * p[x] + b * q[x] + c * r[x] + ROUND) shr SHIFT) * scale - less
    }

    private fun add(row: IntArray, weight: Int) {
        val sums = sums
        for (x in sums.indices) sums[x] += weight * row[x]
    }

    companion object {
        private const val DOWN_BITS = 14

        /** Bits after the point in a row: enough for the error, and few enough for what is multiplied with it. */
        const val POINT: Int = 8

        // 255, these and those of the weights are 29 bits.
        private const val SHIFT = RowTaps.POINT + DOWN_BITS - POINT
        private const val ROUND = 1 shl (SHIFT - 1)
    }
}
