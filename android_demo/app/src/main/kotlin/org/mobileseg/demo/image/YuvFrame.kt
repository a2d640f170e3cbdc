package org.mobileseg.demo.image

import java.nio.ByteBuffer
import org.mobileseg.demo.manifest.Size

/** One plane of bytes 0..255 from the buffer's index 0, with any row stride and pixel stride in bytes. */
class BytePlane : Rows {
    private var buffer: ByteBuffer = ByteBuffer.allocate(0)
    private var start = 0
    private var rowStride = 0
    private var pixelStride = 0
    private var width = 0
    private var line = ByteArray(0)

    /** Restricts the plane to [window]; nothing is copied. */
    fun set(buffer: ByteBuffer, rowStride: Int, pixelStride: Int, window: Window) {
        this.buffer = buffer
        this.rowStride = rowStride
        this.pixelStride = pixelStride
        width = window.size.width
        start = window.top * rowStride + window.left * pixelStride
        // The last row of a plane may end with its last sample: no byte after it is read.
        val bytes = (width - 1) * pixelStride + 1
        if (line.size < bytes) line = ByteArray(bytes)
    }

    override fun read(row: Int, into: FloatArray) {
        buffer.moveTo(start + row * rowStride)
        buffer.get(line, 0, (width - 1) * pixelStride + 1)
        var at = 0
        for (x in 0 until width) {
            into[x] = (line[at].toInt() and 0xFF).toFloat()
            at += pixelStride
        }
    }
}

/**
 * A YUV 4:2:0 frame: luma of [size], and two planes of half its height and width (rounded up). Reused for every frame:
 * whoever fills it sets [size] and the planes.
 */
class YuvFrame {
    var size: Size = Size(0, 0)
    val buffers: Array<ByteBuffer> = Array(PLANES) { ByteBuffer.allocate(0) }
    val rowStrides: IntArray = IntArray(PLANES)
    val pixelStrides: IntArray = IntArray(PLANES)

    companion object {
        const val PLANES: Int = 3
    }
}
