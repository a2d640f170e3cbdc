package org.mobileseg.demo.speed.before

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import org.mobileseg.demo.image.Layout
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.Resampler
import org.mobileseg.demo.image.Rows
import org.mobileseg.demo.image.Window
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.image.centredWindow
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Size

/**
 * The input from a camera's frame as the app's first version made it, on one thread in floats: what today's is held
 * against.
 */
class FrameInput(private val spec: InputSpec, frame: Size, orientation: Orientation) {
    private val area = spec.size.area
    private val planes = FloatArray(CHANNELS * area)
    private val channel = FloatArray(area)
    private val luma = BytePlane()
    private val chroma = BytePlane()
    private val onSensor = orientation.turn(spec.size)
    private val window = centredWindow(frame, onSensor)
    private val half = Window(window.left / 2, window.top / 2, Size(window.size.height / 2, window.size.width / 2))
    private val layouts: List<Layout> =
        orientation.layout(spec.size).let { upright ->
            List(CHANNELS) { upright.copy(start = upright.start + it * area) }
        }
    private val forLuma = Resampler(window.size, onSensor)
    private val forChroma = Resampler(half.size, onSensor)

    val tensor: FloatBuffer =
        ByteBuffer.allocateDirect(Float.SIZE_BYTES * CHANNELS * area).order(ByteOrder.nativeOrder()).asFloatBuffer()
    val pixels: IntArray = IntArray(area)

    fun fill(frame: YuvFrame) {
        luma.set(frame.buffers[0], frame.rowStrides[0], frame.pixelStrides[0], window)
        forLuma.resample(luma, channel, layouts[0])
        for (plane in 1 until YuvFrame.PLANES) {
            chroma.set(frame.buffers[plane], frame.rowStrides[plane], frame.pixelStrides[plane], half)
            forChroma.resample(chroma, planes, layouts[plane])
        }
        for (i in 0 until area) {
            val y = channel[i]
            val cb = planes[area + i] - CHROMA_ZERO
            val cr = planes[2 * area + i] - CHROMA_ZERO
            planes[i] = clip(y + RED_CR * cr)
            planes[area + i] = clip(y - GREEN_CB * cb - GREEN_CR * cr)
            planes[2 * area + i] = clip(y + BLUE_CB * cb)
        }
        publish()
    }

    private fun publish() {
        for (i in 0 until area) {
            val red = (planes[i] + HALF).toInt()
            val green = (planes[area + i] + HALF).toInt()
            val blue = (planes[2 * area + i] + HALF).toInt()
            pixels[i] = OPAQUE or (red shl RED_SHIFT) or (green shl BYTE) or blue
        }
        if (spec.low != 0f || spec.high != WHITE) {
            for (i in planes.indices) planes[i] = spec.low + planes[i] * (spec.high - spec.low) / WHITE
        }
        tensor.clear()
        tensor.put(planes)
        tensor.clear()
    }

    private fun clip(value: Float): Float = value.coerceIn(0f, WHITE)

    private companion object {
        const val CHANNELS = 3
        const val BYTE = 8
        const val RED_SHIFT = 16
        const val OPAQUE = 0xFF shl 24
        const val WHITE = 255f
        const val HALF = 0.5f

        // JFIF 1.02, page 3; ITU-R BT.601 with full range.
        const val CHROMA_ZERO = 128f
        const val RED_CR = 1.402f
        const val GREEN_CB = 0.344136f
        const val GREEN_CR = 0.714136f
        const val BLUE_CB = 1.772f
    }
}

/** One plane of bytes 0..255, with any row stride and pixel stride in bytes. */
private class BytePlane : Rows {
    private var buffer: ByteBuffer = ByteBuffer.allocate(0)
    private var start = 0
    private var rowStride = 0
    private var pixelStride = 0
    private var width = 0
    private var line = ByteArray(0)

    fun set(buffer: ByteBuffer, rowStride: Int, pixelStride: Int, window: Window) {
        this.buffer = buffer
        this.rowStride = rowStride
        this.pixelStride = pixelStride
        width = window.size.width
        start = window.top * rowStride + window.left * pixelStride
        val bytes = (width - 1) * pixelStride + 1
        if (line.size < bytes) line = ByteArray(bytes)
    }

    override fun read(row: Int, into: FloatArray) {
        buffer.position(start + row * rowStride)
        buffer.get(line, 0, (width - 1) * pixelStride + 1)
        var at = 0
        for (x in 0 until width) {
            into[x] = (line[at].toInt() and 0xFF).toFloat()
            at += pixelStride
        }
    }
}
