package org.mobileseg.demo.camera

import android.media.Image
import android.media.ImageReader
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.manifest.Size

/** Takes frames of an [ImageReader] on one thread: only the newest, and each is closed in any case. */
internal class FrameReader(private val onFrame: (YuvFrame) -> Unit) : ImageReader.OnImageAvailableListener {
    private val frame = YuvFrame()
    private var closed = false

    override fun onImageAvailable(reader: ImageReader) {
        if (closed) return
        val image = reader.acquireLatestImage() ?: return
        try {
            frame.view(image)
            onFrame(frame)
        } finally {
            image.close()
        }
    }

    /** Called on the frames' thread, because their memory is freed with the reader. */
    fun close(reader: ImageReader) {
        closed = true
        reader.close()
    }
}

/** Views the planes of [image], without copying them. */
internal fun YuvFrame.view(image: Image) {
    if (size.height != image.height || size.width != image.width) size = Size(image.height, image.width)
    val planes = image.planes
    for (i in 0 until YuvFrame.PLANES) {
        buffers[i] = planes[i].buffer
        rowStrides[i] = planes[i].rowStride
        pixelStrides[i] = planes[i].pixelStride
    }
}
