package org.mobileseg.demo.image

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

    /** Positions in the largest cell. */
    val widest: Int

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
        widest = starts.asIterable().zipWithNext { from, to -> to - from }.max()
    }
}

/**
 * Turns logits on a grid into the class map at full resolution: argmax of the bilinearly resized logits, the lowest
 * class on ties. Equals Python's `mobileseg.postprocess.class_map.class_map` and uses the same method: an interpolated
 * value is between the extremes of its four neighbours, so only classes whose largest corner reaches the best smallest
 * corner are interpolated. Each member of the [team] has a band of rows of cells.
 */
class ClassMapper
internal constructor(
    private val classes: Int,
    private val grid: Size,
    private val full: Size,
    alignCorners: Boolean,
    private val team: Team,
) {
    constructor(
        classes: Int,
        grid: Size,
        full: Size,
        alignCorners: Boolean,
    ) : this(classes, grid, full, alignCorners, Team.SHARED)

    private val rows = Axis(grid.height, full.height, alignCorners)
    private val columns = Axis(grid.width, full.width, alignCorners)
    private val bands = Array(team.size) { Band() }
    private val work = Work(::fillBand)
    private var logits = FloatArray(0)
    private var out = ByteArray(0)

    /** [logits] `(classes, grid.height, grid.width)` to one byte per pixel in [out], row-major. */
    fun map(logits: FloatArray, out: ByteArray) {
        this.logits = logits
        this.out = out
        team.run(work)
    }

    private fun fillBand(index: Int) {
        val cells = rows.starts.size - 1
        for (cell in share(cells, index, team.size) until share(cells, index + 1, team.size)) {
            bands[index].fill(rows.starts[cell], rows.starts[cell + 1])
        }
    }

    private inner class Band {
        // By class, then by column of the grid: the extremes of the cell between this row and column and the next ones.
        private val highest = FloatArray(classes * grid.width)
        private val lowest = FloatArray(grid.width)
        private val bar = FloatArray(grid.width)
        private val candidates = IntArray(classes)

        // Along the rows, of the candidates in one cell.
        private val upper = Array(classes) { FloatArray(columns.widest) }
        private val lower = Array(classes) { FloatArray(columns.widest) }
        private val best = FloatArray(columns.widest)

        /** The rows from [top] to [bottom], which lie between the same rows of the grid. */
        fun fill(top: Int, bottom: Int) {
            val above = rows.low[top]
            val below = min(above + 1, grid.height - 1)
            bound(above * grid.width, below * grid.width)
            var run = 0 // where the cells of one class begin that are yet to be filled
            var only = NONE
            for (column in 0 until columns.starts.size - 1) {
                val first = columns.starts[column]
                val found = find(columns.low[first])
                val here = if (found == 1) candidates[0] else NONE
                if (here != only) {
                    if (only != NONE) fill(only, top, bottom, run, first)
                    only = here
                    run = first
                }
                if (found != 1) contest(found, above, below, column, top, bottom)
            }
            if (only != NONE) fill(only, top, bottom, run, full.width)
        }

        private fun fill(number: Int, top: Int, bottom: Int, from: Int, to: Int) {
            for (y in top until bottom) out.fill(number.toByte(), y * full.width + from, y * full.width + to)
        }

        private fun contest(found: Int, above: Int, below: Int, column: Int, top: Int, bottom: Int) {
            val first = columns.starts[column]
            val end = columns.starts[column + 1]
            val left = columns.low[first]
            val right = min(left + 1, grid.width - 1)
            for (i in 0 until found) {
                val plane = candidates[i] * grid.area
                along(plane + above * grid.width, left, right, first, end, upper[i])
                along(plane + below * grid.width, left, right, first, end, lower[i])
            }
            for (y in top until bottom) {
                val start = y * full.width + first
                if (found == 2) choose(rows.weight[y], start, end - first)
                else choose(found, rows.weight[y], start, end - first)
            }
        }

        /** Fills [highest], and [bar]: the best of the smallest corners. */
        private fun bound(above: Int, below: Int) {
            bar.fill(Float.NEGATIVE_INFINITY)
            for (number in 0 until classes) {
                val plane = number * grid.area
                extremes(plane + above, plane + below, number * grid.width)
                neighbours(number * grid.width)
            }
        }

        private fun extremes(above: Int, below: Int, line: Int) {
            val logits = logits
            for (x in 0 until grid.width) {
                val up = logits[above + x]
                val down = logits[below + x]
                highest[line + x] = max(up, down)
                lowest[x] = min(up, down)
            }
        }

        private fun neighbours(line: Int) {
            for (x in 0 until grid.width - 1) {
                highest[line + x] = max(highest[line + x], highest[line + x + 1])
                bar[x] = max(bar[x], min(lowest[x], lowest[x + 1]))
            }
            val last = grid.width - 1
            bar[last] = max(bar[last], lowest[last])
        }

        /** The classes that may win in the cell at this column of the grid; their number. */
        private fun find(left: Int): Int {
            val least = bar[left]
            var found = 0
            var at = left
            for (number in 0 until classes) {
                if (highest[at] >= least) candidates[found++] = number
                at += grid.width
            }
            return found
        }

        private fun along(row: Int, left: Int, right: Int, first: Int, end: Int, into: FloatArray) {
            val here = logits[row + left]
            val next = logits[row + right]
            for (x in first until end) {
                val part = columns.weight[x]
                into[x - first] = (1f - part) * here + part * next
            }
        }

        /** [width] pixels from [start], of two classes: most borders are between two. */
        private fun choose(down: Float, start: Int, width: Int) {
            val up = 1f - down
            val first = candidates[0].toByte()
            val second = candidates[1].toByte()
            val above = upper[0]
            val below = lower[0]
            val otherAbove = upper[1]
            val otherBelow = lower[1]
            val out = out
            for (x in 0 until width) {
                val one = up * above[x] + down * below[x]
                val other = up * otherAbove[x] + down * otherBelow[x]
                out[start + x] = if (other > one) second else first
            }
        }

        /** [width] pixels from [start]: a class takes a pixel only if it is larger than all before. */
        private fun choose(found: Int, down: Float, start: Int, width: Int) {
            val up = 1f - down
            best.fill(Float.NEGATIVE_INFINITY, 0, width)
            out.fill(candidates[0].toByte(), start, start + width)
            for (i in 0 until found) {
                val above = upper[i]
                val below = lower[i]
                val number = candidates[i].toByte()
                for (x in 0 until width) {
                    val value = up * above[x] + down * below[x]
                    if (value > best[x]) {
                        best[x] = value
                        out[start + x] = number
                    }
                }
            }
        }
    }

    private companion object {
        const val NONE = -1
    }
}
