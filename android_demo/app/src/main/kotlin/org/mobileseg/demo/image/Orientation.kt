package org.mobileseg.demo.image

import org.mobileseg.demo.manifest.Size

/** A part of a picture, in pixels from its top left corner. */
data class Window(val left: Int, val top: Int, val size: Size) {
    val right: Int
        get() = left + size.width

    val bottom: Int
        get() = top + size.height

    /** Whether a position is inside. */
    fun contains(row: Int, column: Int): Boolean = row in top until bottom && column in left until right
}

/**
 * How a sensor's picture becomes upright: rotated clockwise by [degrees] (0, 90, 180, 270), then [mirrored]
 * horizontally.
 */
data class Orientation(val degrees: Int, val mirrored: Boolean) {
    init {
        require(degrees in 0 until 360 && degrees % 90 == 0) { "expected 0, 90, 180 or 270 degrees, found $degrees" }
    }

    /** Whether upright rows are columns of the sensor. */
    internal val turned: Boolean
        get() = degrees % 180 != 0

    /** Whether upright rows begin with the sensor's last row, or last column. */
    internal val rowsFromEnd: Boolean
        get() = degrees == 180 || degrees == 270

    /** Whether upright columns begin with the sensor's last column, or last row. */
    internal val columnsFromEnd: Boolean
        get() = (degrees == 90 || degrees == 180) != mirrored

    /** The sensor size for an upright [size], and vice versa. */
    fun turn(size: Size): Size = if (turned) Size(size.width, size.height) else size

    /**
     * Where samples of a sensor's plane of `turn(upright)` go in a row-major upright plane, of [rows] samples a row.
     */
    fun layout(upright: Size, rows: Int = upright.width): Layout {
        val (height, width) = upright
        // Upright x and y are linear in sensor row i and column j: their values at (0, 0) and their increments.
        val x0 = if (degrees == 90 || degrees == 180) width - 1 else 0
        val y0 = if (degrees == 180 || degrees == 270) height - 1 else 0
        val xDown =
            when (degrees) {
                90 -> -1
                270 -> 1
                else -> 0
            }
        val xAcross =
            when (degrees) {
                0 -> 1
                180 -> -1
                else -> 0
            }
        val yDown =
            when (degrees) {
                0 -> 1
                180 -> -1
                else -> 0
            }
        val yAcross =
            when (degrees) {
                90 -> 1
                270 -> -1
                else -> 0
            }
        val sign = if (mirrored) -1 else 1
        val start = if (mirrored) width - 1 - x0 else x0
        return Layout(y0 * rows + start, yDown * rows + sign * xDown, yAcross * rows + sign * xAcross)
    }

    companion object {
        /** Not rotated. */
        val UPRIGHT: Orientation = Orientation(0, mirrored = false)
    }
}

/**
 * The largest centred part of a frame with the aspect ratio of [wanted]. Position and size are even, as chroma has half
 * the resolution.
 */
fun centredWindow(frame: Size, wanted: Size): Window {
    val byHeight = frame.height.toLong() * wanted.width <= frame.width.toLong() * wanted.height
    val height = if (byHeight) frame.height else (frame.width.toLong() * wanted.height / wanted.width).toInt()
    val width = if (byHeight) (frame.height.toLong() * wanted.width / wanted.height).toInt() else frame.width
    val size = Size(even(height).coerceAtLeast(2), even(width).coerceAtLeast(2))
    return Window(even((frame.width - size.width) / 2), even((frame.height - size.height) / 2), size)
}

internal fun even(pixels: Int): Int = pixels - pixels % 2
