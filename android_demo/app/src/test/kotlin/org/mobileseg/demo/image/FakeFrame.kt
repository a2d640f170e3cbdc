package org.mobileseg.demo.image

import java.io.File
import java.nio.ByteBuffer
import kotlin.math.roundToInt
import org.mobileseg.demo.Picture
import org.mobileseg.demo.manifest.Size

/** An upright picture in 4:2:0: planes of [size] and twice of half of it, row-major. */
class Yuv(val size: Size, val planes: List<ByteArray>) {
    val half: Size = Size(size.height / 2, size.width / 2)

    companion object {
        /** As tools/test_artifacts.py writes it. */
        fun read(file: File, size: Size): Yuv {
            val bytes = file.readBytes()
            val quarter = size.area / 4
            check(bytes.size == size.area + 2 * quarter) { "$file is not $size" }
            val ends = listOf(0, size.area, size.area + quarter, bytes.size)
            return Yuv(size, ends.zipWithNext { from, to -> bytes.copyOfRange(from, to) })
        }

        /** Chroma is the mean of its four pixels. */
        fun of(picture: Picture): Yuv {
            val size = picture.size
            val half = Size(size.height / 2, size.width / 2)
            val yuv = { x: Int, y: Int -> convert(picture.at(x, y)) }
            val chroma = { plane: Int ->
                ByteArray(half.area) { i ->
                    val (x, y) = 2 * (i % half.width) to 2 * (i / half.width)
                    byte(
                        listOf(0 to 0, 1 to 0, 0 to 1, 1 to 1).map { (dx, dy) -> yuv(x + dx, y + dy)[plane] }.average()
                    )
                }
            }
            return Yuv(
                size,
                listOf(ByteArray(size.area) { byte(yuv(it % size.width, it / size.width)[0]) }, chroma(1), chroma(2)),
            )
        }

        private fun convert(argb: Int): DoubleArray {
            val (r, g, b) = listOf(16, 8, 0).map { ((argb shr it) and 0xFF).toDouble() }
            val luma = 0.299 * r + 0.587 * g + 0.114 * b
            return doubleArrayOf(luma, (b - luma) / 1.772 + 128, (r - luma) / 1.402 + 128)
        }

        private fun byte(value: Double): Byte = value.roundToInt().coerceIn(0, 255).toByte()
    }
}

/**
 * A frame as a camera lays it out: the sensor is turned by [orientation], rows are padded by [padding] bytes, chroma
 * samples are [chromaStride] apart (2: U and V interleaved). Planes end with their last sample.
 */
class FakeFrame(upright: Yuv, orientation: Orientation, chromaStride: Int, padding: Int) {
    val size: Size = orientation.turn(upright.size)
    val rowStrides: List<Int>
    val pixelStrides: List<Int> = listOf(1, chromaStride, chromaStride)
    val planes: List<ByteBuffer>

    init {
        val half = orientation.turn(upright.half)
        rowStrides =
            listOf(size.width + padding, half.width * chromaStride + padding, half.width * chromaStride + padding)
        val bytes = rowStrides[1] * (half.height - 1) + (half.width - 1) * chromaStride + 1
        val luma = ByteBuffer.allocateDirect(rowStrides[0] * (size.height - 1) + size.width)
        val first = ByteBuffer.allocateDirect(bytes + 1)
        val second = if (chromaStride == 2) slice(first, 1, bytes) else ByteBuffer.allocateDirect(bytes)
        planes = listOf(luma, slice(first, 0, bytes), second)
        for (plane in planes.indices) {
            val part = if (plane == 0) size else half
            val layout = orientation.layout(if (plane == 0) upright.size else upright.half)
            for (y in 0 until part.height) for (x in 0 until part.width) {
                val value = upright.planes[plane][layout.start + y * layout.down + x * layout.across]
                planes[plane].put(y * rowStrides[plane] + x * pixelStrides[plane], value)
            }
        }
    }

    fun fill(frame: YuvFrame) {
        frame.size = size
        for (plane in 0 until YuvFrame.PLANES) {
            frame.buffers[plane] = planes[plane].duplicate()
            frame.rowStrides[plane] = rowStrides[plane]
            frame.pixelStrides[plane] = pixelStrides[plane]
        }
    }

    private fun slice(buffer: ByteBuffer, start: Int, bytes: Int): ByteBuffer =
        buffer.duplicate().apply { position(start).limit(start + bytes) }.slice()
}
