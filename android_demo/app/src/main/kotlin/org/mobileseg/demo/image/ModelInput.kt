package org.mobileseg.demo.image

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Size

/**
 * The input of one model, and a picture of it. Frames and pictures are resized as the manifest says, directly to the
 * model's size, without an upright copy of the whole frame. Buffers are allocated once per frame size; one thread at a
 * time.
 */
class ModelInput(private val spec: InputSpec) {
    private val area = spec.size.area
    private val planes by lazy(LazyThreadSafetyMode.NONE) { FloatArray(CHANNELS * area) } // for pictures alone
    private val barPixel = spec.bars.fold(0xFF) { argb, bar -> (argb shl BYTE) or (bar + HALF).toInt() }
    private var forFrame: FrameReducer? = null

    val size: Size
        get() = spec.size

    /** The part of the input that holds the picture; the rest is bars. */
    var filled: Window = Window(0, 0, spec.size)
        private set

    /** Width over height of what the whole input shows: not the input's own where a picture was squashed into it. */
    var aspect: Float = 1f
        private set

    /** `(1, 3, height, width)` float32 in the manifest's range; direct, in native byte order. */
    val tensor: FloatBuffer =
        ByteBuffer.allocateDirect(Float.SIZE_BYTES * CHANNELS * area).order(ByteOrder.nativeOrder()).asFloatBuffer()

    /** The network's input as a picture, opaque ARGB, row-major. */
    val pixels: IntArray = IntArray(area)

    /** Fills the input from a camera frame, upright: see [FrameReducer]. */
    fun fill(frame: YuvFrame, orientation: Orientation) {
        val reducer =
            forFrame?.takeIf { it.fits(frame.size, orientation) }
                ?: FrameReducer(frame.size, spec, orientation).also { forFrame = it }
        aspect = reducer.aspect
        reducer.reduce(frame, tensor, pixels)
        val before = filled
        filled = reducer.filled
        if (filled != before) drawBars()
    }

    /**
     * Fills the input from a picture as the manifest says, the same as Python's `Fit.batch`. [argb]: opaque, row-major,
     * of [size].
     */
    fun fill(argb: IntArray, size: Size) {
        val place = place(size, spec.size, spec.resize)
        val seen = place.seen
        filled = place.filled
        aspect = spec.aspect(size)
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
        draw()
        if (spec.low != 0f || spec.high != WHITE) {
            for (i in planes.indices) planes[i] = inRange(planes[i])
        }
        tensor.rewindAll()
        tensor.put(planes)
        tensor.rewindAll()
        drawBars()
    }

    private fun inRange(value: Float): Float = spec.low + value * (spec.high - spec.low) / WHITE

    /** The picture of [planes], which are in 0..255. */
    private fun draw() {
        for (i in 0 until area) {
            val red = (planes[i] + HALF).toInt()
            val green = (planes[area + i] + HALF).toInt()
            val blue = (planes[2 * area + i] + HALF).toInt()
            pixels[i] = OPAQUE or (red shl RED_SHIFT) or (green shl BYTE) or blue
        }
    }

    /** Frames leave them alone: once is enough, as long as they are where they were. */
    private fun drawBars() {
        eachBar { i -> pixels[i] = barPixel }
        for (plane in 0 until CHANNELS) {
            val value = inRange(spec.bars[plane])
            eachBar { i -> tensor.put(plane * area + i, value) }
        }
    }

    private inline fun eachBar(action: (Int) -> Unit) {
        val (height, width) = spec.size
        for (y in 0 until height) for (x in 0 until width) if (!filled.contains(y, x)) action(y * width + x)
    }

    private companion object {
        const val CHANNELS = 3
        const val BYTE = 8
        const val RED_SHIFT = 16
        const val OPAQUE = 0xFF shl 24
        const val WHITE = 255f
        const val HALF = 0.5f
    }
}
