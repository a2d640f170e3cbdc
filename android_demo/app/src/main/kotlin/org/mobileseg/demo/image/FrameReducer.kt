package org.mobileseg.demo.image

import java.nio.FloatBuffer
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Resize
import org.mobileseg.demo.manifest.Size

/**
 * Frames of one size and orientation, resized as the manifest says and converted to RGB; chroma samples are in the
 * middle of their four pixels. Each member of the [team] has a band of rows; buffers are allocated once.
 */
internal class FrameReducer(
    private val frame: Size,
    private val spec: InputSpec,
    private val orientation: Orientation,
    private val team: Team = Team.SHARED,
) : Work {
    /** Where the picture is in the input. */
    val filled: Window

    /** See [ModelInput.aspect]. */
    val aspect: Float = spec.aspect(orientation.turn(frame))

    private val bands: Array<Band>
    private var given: YuvFrame = YuvFrame()

    init {
        filled =
            if (spec.resize == Resize.LETTERBOX) place(orientation.turn(frame), spec.size, spec.resize).filled
            else Window(0, 0, spec.size)
        val whole = Size(even(frame.height), even(frame.width))
        val window =
            if (spec.resize == Resize.CROP) centredWindow(whole, orientation.turn(filled.size)) else Window(0, 0, whole)
        bands = Array(team.size) { Band(window) }
    }

    fun fits(size: Size, turned: Orientation): Boolean = size == frame && turned == orientation

    /** Fills [filled] of [tensor], `(3, height, width)` in the input's range, and of [pixels], opaque ARGB. */
    fun reduce(frame: YuvFrame, tensor: FloatBuffer, pixels: IntArray) {
        given = frame
        for (band in bands) band.colours.begin(tensor, pixels)
        team.run(this)
    }

    override fun part(index: Int) {
        val end = share(filled.size.height, index + 1, team.size)
        bands[index].reduce(share(filled.size.height, index, team.size), end)
    }

    /** Some of the rows, from the part [window] of the sensor's picture. */
    private inner class Band(window: Window) {
        private val half = Window(window.left / 2, window.top / 2, Size(window.size.height / 2, window.size.width / 2))
        private val reducers =
            Array(YuvFrame.PLANES) { PlaneReducer(if (it == 0) window else half, orientation, filled.size) }
        val colours = ColourRows(filled.size.width, spec)

        fun reduce(start: Int, end: Int) {
            for (plane in reducers.indices) {
                reducers[plane].begin(given.buffers[plane], given.rowStrides[plane], given.pixelStrides[plane])
            }
            val matrix = given.matrix
            for (i in start until end) {
                val luma = reducers[0].row(i, matrix.black, matrix.luma)
                val blueness = reducers[1].row(i, CHROMA_ZERO, 1)
                val redness = reducers[2].row(i, CHROMA_ZERO, 1)
                colours.write(luma, blueness, redness, matrix, (filled.top + i) * spec.size.width + filled.left)
            }
        }
    }

    private companion object {
        const val CHROMA_ZERO = 128
    }
}
