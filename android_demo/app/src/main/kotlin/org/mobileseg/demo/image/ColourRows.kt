package org.mobileseg.demo.image

import java.nio.FloatBuffer
import org.mobileseg.demo.manifest.InputSpec

/**
 * Converts rows of [width] pixels from YUV to RGB: floats in the input's range into its tensor, bytes into its picture.
 * Loops have no branches and begin at 0, which compilers turn into vector instructions; what they give is copied.
 */
internal class ColourRows(private val width: Int, private val spec: InputSpec) {
    private val red = IntArray(width)
    private val green = IntArray(width)
    private val blue = IntArray(width)
    private val floats = FloatArray(width)
    private val argb = IntArray(width)
    private var original: FloatBuffer? = null
    private var tensor: FloatBuffer = FloatBuffer.allocate(0)
    private var pixels = IntArray(0)

    /** For [tensor] and [pixels] from now on. */
    fun begin(tensor: FloatBuffer, pixels: IntArray) {
        if (tensor !== original) this.tensor = tensor.duplicate() // other bands move the original
        original = tensor
        this.pixels = pixels
    }

    /** One row to the pixels from [to] on; luma and chroma as [Matrix] wants them. */
    fun write(luma: IntArray, blueness: IntArray, redness: IntArray, matrix: Matrix, to: Int) {
        mix(luma, redness, redness, matrix.redCr, 0, red)
        mix(luma, blueness, redness, -matrix.greenCb, -matrix.greenCr, green)
        mix(luma, blueness, blueness, matrix.blueCb, 0, blue)
        put(red, to)
        put(green, to + spec.size.area)
        put(blue, to + 2 * spec.size.area)
        draw(red, green, blue, argb)
        argb.copyInto(pixels, to)
    }

    /** Cut off at 0 and at [BRIGHTEST] by their signs: minimum and maximum are no vector instructions everywhere. */
    private fun mix(luma: IntArray, one: IntArray, other: IntArray, a: Int, b: Int, into: IntArray) {
        for (x in into.indices) {
            val value = luma[x] + a * one[x] + b * other[x]
            val less = BRIGHTEST - (value and (value shr SIGN).inv())
            into[x] = BRIGHTEST - (less and (less shr SIGN).inv())
        }
    }

    private fun put(colour: IntArray, to: Int) {
        val floats = floats
        val low = spec.low
        val scale = (spec.high - spec.low) / WHITE / (1 shl POINT)
        for (x in floats.indices) floats[x] = colour[x].toFloat()
        for (x in floats.indices) floats[x] = low + floats[x] * scale
        tensor.moveTo(to)
        tensor.put(floats, 0, width)
    }

    private fun draw(red: IntArray, green: IntArray, blue: IntArray, into: IntArray) {
        for (x in into.indices) {
            val upper = (((red[x] + HALF) shr POINT) shl RED_SHIFT) or (((green[x] + HALF) shr POINT) shl GREEN_SHIFT)
            into[x] = OPAQUE or upper or ((blue[x] + HALF) shr POINT)
        }
    }

    private companion object {
        const val OPAQUE = 0xFF shl 24
        const val RED_SHIFT = 16
        const val GREEN_SHIFT = 8
        const val WHITE = 255f
        const val SIGN = 31

        // Luma and chroma have 8 bits after the point, coefficients 13, colours both: 255 and these are 29 bits, and
        // what is beyond 255 before it is cut off has space in 31.
        const val POINT = PlaneReducer.POINT + Matrix.POINT
        const val BRIGHTEST = 255 shl POINT
        const val HALF = 1 shl (POINT - 1)
    }
}
