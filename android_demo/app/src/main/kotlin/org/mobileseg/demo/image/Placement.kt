package org.mobileseg.demo.image

import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Resize
import org.mobileseg.demo.manifest.Size

/** Where a picture is in an input: [seen], the part of the picture that is, fills [filled] of the input. */
data class Placement(val seen: Window, val filled: Window)

/** Where a picture of size [picture] is in an [input]. The same whole numbers as Python's `mobileseg.data.fit`. */
fun place(picture: Size, input: Size, resize: Resize): Placement {
    val seen = Window(0, 0, picture)
    val filled = Window(0, 0, input)
    val tall = picture.height.toLong() * input.width >= picture.width.toLong() * input.height
    return when (resize) {
        Resize.SQUASH -> Placement(seen, filled)
        Resize.LETTERBOX -> Placement(seen, within(input, picture, alongHeight = tall))
        Resize.CROP -> Placement(within(picture, input, alongHeight = !tall), filled)
    }
}

/** Width over height of what an input shows of a picture of size [picture]. */
internal fun InputSpec.aspect(picture: Size): Float {
    val shown = if (resize == Resize.SQUASH && picture.area > 0) picture else size
    return shown.width.toFloat() / shown.height
}

/** The middle part of [whole] in the proportions of [shape] that has all of its height, or all of its width. */
private fun within(whole: Size, shape: Size, alongHeight: Boolean): Window {
    if (alongHeight) {
        val width = divided(shape.width.toLong() * whole.height, shape.height).coerceAtLeast(1)
        return Window((whole.width - width) / 2, 0, Size(whole.height, width))
    }
    val height = divided(shape.height.toLong() * whole.width, shape.width).coerceAtLeast(1)
    return Window(0, (whole.height - height) / 2, Size(height, whole.width))
}

/** To the nearest whole number, halves up. */
private fun divided(numerator: Long, denominator: Int): Int =
    ((2 * numerator + denominator) / (2L * denominator)).toInt()
