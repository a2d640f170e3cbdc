package org.mobileseg.demo.image

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Resize
import org.mobileseg.demo.manifest.Size

/**
 * The input of one model, and a picture of it. Frames and pictures are resampled directly to the model's size, without
 * an upright copy of the whole frame. Buffers are allocated once per frame size; one thread at a time.
 */
class ModelInput(private val spec: InputSpec) {
    private val area = spec.size.area
    private val planes = FloatArray(CHANNELS * area)
    private val channel = FloatArray(area)
    private val luma = BytePlane()
    private val chroma = BytePlane()
    private var forFrame = FrameResamplers(Size(0, 0), spec, Orientation.UPRIGHT)

    /** The part of the input that holds the picture; the rest is bars. */
    var filled: Window = Window(0, 0, spec.size)
        private set

    /** `(1, 3, height, width)` float32 in the manifest's range; direct, in native byte order. */
    val tensor: FloatBuffer =
        ByteBuffer.allocateDirect(Float.SIZE_BYTES * CHANNELS * area).order(ByteOrder.nativeOrder()).asFloatBuffer()

    /** The network's input as a picture, opaque ARGB, row-major. */
    val pixels: IntArray = IntArray(area)

    /**
     * Fills the input from a camera frame, upright: from the largest centred part with the input's aspect ratio, of
     * which nothing is left to squash, or from the whole frame where the file letterboxes. BT.601 in full range (JFIF),
     * as in YUV_420_888 of a camera; chroma samples are in the middle of their four pixels.
     */
    fun fill(frame: YuvFrame, orientation: Orientation) {
        if (!forFrame.fits(frame.size, orientation)) forFrame = FrameResamplers(frame.size, spec, orientation)
        val resamplers = forFrame
        filled = resamplers.filled
        luma.set(frame.buffers[0], frame.rowStrides[0], frame.pixelStrides[0], resamplers.window)
        resamplers.luma.resample(luma, channel, resamplers.layouts[0])
        for (plane in 1 until YuvFrame.PLANES) {
            chroma.set(frame.buffers[plane], frame.rowStrides[plane], frame.pixelStrides[plane], resamplers.half)
            resamplers.chroma.resample(chroma, planes, resamplers.layouts[plane])
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

    /**
     * Fills the input from a picture as the manifest says, the same as Python's `Fit.batch`. [argb]: opaque, row-major,
     * of [size].
     */
    fun fill(argb: IntArray, size: Size) {
        val place = place(size, spec.size, spec.resize)
        val seen = place.seen
        filled = place.filled
        val resampler = Resampler(seen.size, filled.size)
        for (plane in 0 until CHANNELS) {
            val shift = RED_SHIFT - BYTE * plane
            val rows =
                object : Rows {
                    override fun read(row: Int, into: FloatArray) {
                        val first = (seen.top + row) * size.width + seen.left
                        for (x in 0 until seen.size.width) into[x] = ((argb[first + x] shr shift) and 0xFF).toFloat()
                    }
                }
            val start = plane * area + filled.top * spec.size.width + filled.left
            resampler.resample(rows, planes, Layout(start, spec.size.width, 1))
        }
        publish()
    }

    private fun publish() {
        drawBars()
        for (i in 0 until area) {
            val red = (planes[i] + HALF).toInt()
            val green = (planes[area + i] + HALF).toInt()
            val blue = (planes[2 * area + i] + HALF).toInt()
            pixels[i] = OPAQUE or (red shl RED_SHIFT) or (green shl BYTE) or blue
        }
        if (spec.low != 0f || spec.high != WHITE) {
            for (i in planes.indices) planes[i] = spec.low + planes[i] * (spec.high - spec.low) / WHITE
        }
        tensor.rewindAll()
        tensor.put(planes)
        tensor.rewindAll()
    }

    private fun drawBars() {
        if (filled.size == spec.size) return
        val (height, width) = spec.size
        for (plane in 0 until CHANNELS) {
            val colour = spec.bars[plane]
            for (y in 0 until height) {
                val row = plane * area + y * width
                if (y < filled.top || y >= filled.bottom) {
                    planes.fill(colour, row, row + width)
                } else {
                    planes.fill(colour, row, row + filled.left)
                    planes.fill(colour, row + filled.right, row + width)
                }
            }
        }
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

/** The parts that depend only on a frame's size and orientation. */
private class FrameResamplers(private val frame: Size, spec: InputSpec, private val orientation: Orientation) {
    private val input = spec.size
    private val boxed = spec.resize == Resize.LETTERBOX && frame.area > 0
    val filled: Window = if (boxed) place(orientation.turn(frame), input, spec.resize).filled else Window(0, 0, input)
    private val onSensor = orientation.turn(filled.size)

    /** Of luma in a plane of its own, and of chroma in the second and third of three. */
    val layouts: List<Layout> =
        orientation.layout(filled.size, input.width).let { upright ->
            val corner = upright.start + filled.top * input.width + filled.left
            List(YuvFrame.PLANES) { upright.copy(start = corner + it * input.area) }
        }
    val window: Window =
        if (boxed) Window(0, 0, Size(even(frame.height), even(frame.width))) else centredWindow(frame, onSensor)
    val half = Window(window.left / 2, window.top / 2, Size(window.size.height / 2, window.size.width / 2))
    val luma by lazy(LazyThreadSafetyMode.NONE) { Resampler(window.size, onSensor) }
    val chroma by lazy(LazyThreadSafetyMode.NONE) { Resampler(half.size, onSensor) }

    fun fits(size: Size, turned: Orientation): Boolean = size == frame && turned == orientation
}
