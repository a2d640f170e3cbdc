package org.mobileseg.demo.image

/**
 * Sums of neighbours along rows of bytes, [fromEnd]: of mirrored rows. Bytes are picked first, one by one, and
 * multiplied then, in loops that compilers turn into vector instructions. Two and three samples a sum are what cameras'
 * frames mostly come to.
 */
internal class RowTaps(private val source: Int, target: Int, private val fromEnd: Boolean) {
    private val taps = FixedTaps(source, target, BITS)
    private val weights = if (fromEnd) taps.weights.reversedArray() else taps.weights
    private val at = IntArray(target)
    private val picked = Array(MOST) { IntArray(target) }
    private var step = 0

    /** Samples are [step] bytes apart. */
    fun step(step: Int) {
        if (step == this.step) return
        this.step = step
        for (x in at.indices) at[x] = step * (if (fromEnd) source - taps.first[x] - taps.count else taps.first[x])
    }

    /** From [line], whose samples begin at [start], to [into]: 0..255 with [POINT] bits after the point. */
    fun narrow(line: ByteArray, start: Int, into: IntArray) {
        val (p, q, r) = picked
        when (taps.count) {
            2 -> {
                pick(line, start, p, q)
                sum(weights[0], weights[1], p, q, into)
            }
            3 -> {
                pick(line, start, p, q, r)
                sum(weights[0], weights[1], weights[2], p, q, r, into)
            }
            else -> {
                into.fill(ROUND)
                for (k in 0 until taps.count) {
                    eachStart(start + k * step) { x, here -> p[x] = line[here].toInt() and 0xFF }
                    add(weights[k], p, into)
                }
                for (x in into.indices) into[x] = into[x] shr SHIFT
            }
        }
    }

    // Inlined with steps that compilers know, they check less.

    private fun pick(line: ByteArray, start: Int, p: IntArray, q: IntArray) =
        when (step) {
            1 -> pickBy(1, line, start, p, q)
            2 -> pickBy(2, line, start, p, q)
            else -> pickBy(step, line, start, p, q)
        }

    private fun pick(line: ByteArray, start: Int, p: IntArray, q: IntArray, r: IntArray) =
        if (step == 1) pickBy(1, line, start, p, q, r) else pickBy(step, line, start, p, q, r)

    @Suppress("NOTHING_TO_INLINE") // the step
    private inline fun pickBy(step: Int, line: ByteArray, start: Int, p: IntArray, q: IntArray) =
        eachStart(start) { x, here ->
            p[x] = line[here].toInt() and 0xFF
            q[x] = line[here + step].toInt() and 0xFF
        }

    @Suppress("NOTHING_TO_INLINE") // the step
    private inline fun pickBy(step: Int, line: ByteArray, start: Int, p: IntArray, q: IntArray, r: IntArray) =
        eachStart(start) { x, here ->
            p[x] = line[here].toInt() and 0xFF
            q[x] = line[here + step].toInt() and 0xFF
            r[x] = line[here + 2 * step].toInt() and 0xFF
        }

    private inline fun eachStart(start: Int, action: (Int, Int) -> Unit) {
        val at = at
        for (x in at.indices) action(x, start + at[x])
    }

    private fun sum(a: IntArray, b: IntArray, p: IntArray, q: IntArray, into: IntArray) {
        for (x in into.indices) into[x] = (a[x] * p[x] + b[x] * q[x] + ROUND) shr SHIFT
    }

    private fun sum(a: IntArray, b: IntArray, c: IntArray, p: IntArray, q: IntArray, r: IntArray, into: IntArray) {
        for (x in into.indices) into[x] = (a[x] * p[x] + b[x] * q[x] + c[x] * r[x] + ROUND) shr SHIFT
    }

    private fun add(a: IntArray, p: IntArray, into: IntArray) {
        for (x in into.indices) into[x] += a[x] * p[x]
    }

    companion object {
        /** Bits after the point in what [narrow] gives. */
        const val POINT: Int = 7

        private const val MOST = 3
        private const val BITS = 15
        private const val SHIFT = BITS - POINT
        private const val ROUND = 1 shl (SHIFT - 1)
    }
}
