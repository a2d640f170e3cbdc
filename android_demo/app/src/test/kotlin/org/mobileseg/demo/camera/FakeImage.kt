package org.mobileseg.demo.camera

import android.graphics.ImageFormat
import android.graphics.Rect
import android.media.Image
import java.nio.ByteBuffer
import org.mobileseg.demo.image.FakeFrame

/** A camera's image of a [FakeFrame]. */
class FakeImage(private val frame: FakeFrame, private val crop: Rect? = null) : Image() {
    var closes = 0
        private set

    private class FakePlane(private val bytes: ByteBuffer, private val row: Int, private val pixel: Int) : Plane() {
        override fun getRowStride() = row

        override fun getPixelStride() = pixel

        override fun getBuffer(): ByteBuffer = bytes
    }

    override fun getFormat() = ImageFormat.YUV_420_888

    override fun getWidth() = frame.size.width

    override fun getHeight() = frame.size.height

    override fun getTimestamp() = 0L

    override fun getCropRect() = crop ?: Rect(0, 0, width, height)

    // Hidden in the SDK, abstract in the framework's whole jar.
    override fun getTransform() = 0

    override fun getScalingMode() = 0

    override fun getPlanes(): Array<Plane> {
        check(closes == 0) { "the image is closed" }
        return Array(frame.planes.size) {
            FakePlane(frame.planes[it].duplicate(), frame.rowStrides[it], frame.pixelStrides[it])
        }
    }

    override fun close() {
        closes++
    }
}
