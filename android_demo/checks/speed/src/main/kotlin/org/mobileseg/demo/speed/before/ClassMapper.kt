package org.mobileseg.demo.speed.before

import kotlin.math.max
import kotlin.math.min
import org.mobileseg.demo.manifest.Size

/**
 * One axis of the resize to full resolution: for each output position the lower source position and the weight of the
 * next one.
 */
private class Axis(source: Int, target: Int, alignCorners: Boolean) {
    val low = IntArray(target)
    val weight = FloatArray(target)

    /** Output positions with the same [low] follow each other: where each such cell begins, and the end. */
    val starts: IntArray

    init {
        // In float32 and in this order of operations, as PyTorch computes it.
        for (i in 0 until target) {
            val where =
                if (alignCorners) {
                    i.toFloat() * ((source - 1).toFloat() / max(target - 1, 1).toFloat())
                } else {
                    max((i.toFloat() + 0.5f) * (source.toFloat() / target.toFloat()) - 0.5f, 0f)
                }
            low[i] = min(where.toInt(), source - 1)
            weight[i] = (where - low[i].toFloat()).coerceIn(0f, 1f)
        }
        starts = (0 until target).filter { it == 0 || low[it] != low[it - 1] }.toIntArray() + target
    }
}

/** The class map as the app's first version made it: a pixel after the other, on one thread. */
class ClassMapper(private val classes: Int, private val grid: Size, private val full: Size, alignCorners: Boolean) {
    private val rows = Axis(grid.height, full.height, alignCorners)
    private val columns = Axis(grid.width, full.width, alignCorners)
    private val highest = FloatArray(classes * grid.width)
    private val lowest = FloatArray(classes * grid.width)
    private val candidates = IntArray(classes)

    /** [logits] `(classes, grid.height, grid.width)` to one byte per pixel in [out], row-major. */
    fun map(logits: FloatArray, out: ByteArray) {
        for (cell in 0 until rows.starts.size - 1) {
            val top = rows.starts[cell]
            val bottom = rows.starts[cell + 1]
            val above = rows.low[top]
            val below = min(above + 1, grid.height - 1)
            boundRow(logits, above, below)
            for (column in 0 until columns.starts.size - 1) {
                fillCell(logits, above, below, top, bottom, column, out)
            }
        }
    }

    private fun boundRow(logits: FloatArray, above: Int, below: Int) {
        for (number in 0 until classes) {
            val plane = number * grid.area
            for (x in 0 until grid.width) {
                val up = logits[plane + above * grid.width + x]
                val down = logits[plane + below * grid.width + x]
                highest[number * grid.width + x] = max(up, down)
                lowest[number * grid.width + x] = min(up, down)
            }
        }
    }

    private fun fillCell(
        logits: FloatArray,
        above: Int,
        below: Int,
        top: Int,
        bottom: Int,
        column: Int,
        out: ByteArray,
    ) {
        val first = columns.starts[column]
        val end = columns.starts[column + 1]
        val left = columns.low[first]
        val right = min(left + 1, grid.width - 1)
        val found = findCandidates(left, right)
        for (y in top until bottom) {
            val line = y * full.width
            if (found == 1) {
                out.fill(candidates[0].toByte(), line + first, line + end)
            } else {
                for (x in first until end) {
                    out[line + x] =
                        best(logits, found, above, below, left, right, rows.weight[y], columns.weight[x]).toByte()
                }
            }
        }
    }

    private fun findCandidates(left: Int, right: Int): Int {
        var bar = Float.NEGATIVE_INFINITY
        for (number in 0 until classes) {
            val line = number * grid.width
            bar = max(bar, min(lowest[line + left], lowest[line + right]))
        }
        var found = 0
        for (number in 0 until classes) {
            val line = number * grid.width
            if (max(highest[line + left], highest[line + right]) >= bar) candidates[found++] = number
        }
        return found
    }

    private fun best(
        logits: FloatArray,
        found: Int,
        above: Int,
        below: Int,
        left: Int,
        right: Int,
        down: Float,
        part: Float,
    ): Int {
        var winner = candidates[0]
        var best = Float.NEGATIVE_INFINITY
        for (i in 0 until found) {
            val plane = candidates[i] * grid.area
            val upper = plane + above * grid.width
            val lower = plane + below * grid.width
            val value =
                (1f - down) * ((1f - part) * logits[upper + left] + part * logits[upper + right]) +
                    down * ((1f - part) * logits[lower + left] + part * logits[lower + right])
            if (value > best) {
                best = value
                winner = candidates[i]
            }
        }
        return winner
    }
}
