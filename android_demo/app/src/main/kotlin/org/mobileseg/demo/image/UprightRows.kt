package org.mobileseg.demo.image

import java.nio.ByteBuffer
import kotlin.math.min
import org.mobileseg.demo.manifest.Size

/**
 * The upright rows of one plane of a sensor's picture, each as it lies in memory: mirrored where
 * [Orientation.columnsFromEnd] says so. Those of a turned picture are columns there, of which some are read at a time.
 */
internal class UprightRows(private val window: Window, private val orientation: Orientation) {
    val size: Size = orientation.turn(window.size)

    /** The row that was read last: samples [step] bytes apart, from [start] on. */
    var bytes = ByteArray(0)
        private set

    var start = 0
        private set

    var step = 1
        private set

    private val pitch = window.size.height + LINE // else rows of 4096 would meet in the same lines of a cache
    private var part = ByteArray(0)
    private var block = NONE
    private var original: ByteBuffer? = null
    private var view: ByteBuffer = ByteBuffer.allocate(0)
    private var rowStride = 0
    private var pixelStride = 0

    /** Starts again, with [plane] of bytes from its index 0. */
    fun begin(plane: ByteBuffer, rowStride: Int, pixelStride: Int) {
        if (plane !== original) view = plane.duplicate() // another part of the frame moves the original
        original = plane
        this.rowStride = rowStride
        this.pixelStride = pixelStride
        block = NONE
        step = if (orientation.turned) 1 else pixelStride
        if (orientation.turned) {
            if (bytes.isEmpty()) bytes = ByteArray(BLOCK * pitch)
            if (part.size < spread(BLOCK)) part = ByteArray(spread(BLOCK))
        } else if (bytes.size < spread(window.size.width)) bytes = ByteArray(spread(window.size.width))
    }

    fun read(row: Int) {
        val line = if (orientation.rowsFromEnd) size.height - 1 - row else row
        if (!orientation.turned) return take(line, 0, window.size.width, bytes)
        if (line / BLOCK != block) turn(line / BLOCK)
        start = line % BLOCK * pitch
    }

    private fun turn(number: Int) {
        block = number
        val first = number * BLOCK
        val count = min(BLOCK, window.size.width - first)
        for (row in 0 until window.size.height) {
            take(row, first, count, part)
            scatter(part, pixelStride, count, bytes, row, pitch)
        }
    }

    private fun scatter(from: ByteArray, step: Int, count: Int, into: ByteArray, start: Int, pitch: Int) {
        var at = 0
        var to = start
        for (i in 0 until count) {
            into[to] = from[at]
            at += step
            to += pitch
        }
    }

    /** [count] samples of a row of the sensor, as they lie there. */
    private fun take(row: Int, first: Int, count: Int, into: ByteArray) {
        view.moveTo((window.top + row) * rowStride + (window.left + first) * pixelStride)
        view.get(into, 0, spread(count))
    }

    /** The last row of a plane may end with its last sample: no byte after it is read. */
    private fun spread(samples: Int) = (samples - 1) * pixelStride + 1

    private companion object {
        /** Columns: few reads, and no more lines of a cache than one has, into which their rows are written. */
        const val BLOCK = 256
        const val LINE = 64
        const val NONE = -1
    }
}
