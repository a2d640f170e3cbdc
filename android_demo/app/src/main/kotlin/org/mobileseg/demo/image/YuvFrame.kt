package org.mobileseg.demo.image

import java.nio.ByteBuffer
import org.mobileseg.demo.manifest.Size

/**
 * A YUV 4:2:0 frame: luma of [size], and two planes of half its height and width (rounded up). Reused for every frame:
 * whoever fills it sets [size], the planes and [matrix].
 */
class YuvFrame {
    var size: Size = Size(0, 0)
    val buffers: Array<ByteBuffer> = Array(PLANES) { ByteBuffer.allocate(0) }
    val rowStrides: IntArray = IntArray(PLANES)
    val pixelStrides: IntArray = IntArray(PLANES)
    var matrix: Matrix = Matrix.JFIF

    companion object {
        const val PLANES: Int = 3
    }
}
