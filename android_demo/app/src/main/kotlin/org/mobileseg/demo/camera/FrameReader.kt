package org.mobileseg.demo.camera

import android.media.Image
import android.media.ImageReader
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.manifest.Size

/** Takes frames of an [ImageReader] on one thread: the newest alone, and each is closed whatever happens to it. */
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

    /** On the same thread as the frames: their memory goes with the reader. */
    fun close(reader: ImageReader) {
        closed = true
        reader.close()
    }
}

/** Look at the planes of [image], which stay its own. */
internal fun YuvFrame.view(image: Image) {
    if (size.height != image.height || size.width != image.width) size = Size(image.height, image.width)
    val planes = image.planes
    for (i in 0 until YuvFrame.PLANES) {
        buffers[i] = planes[i].buffer
        rowStrides[i] = planes[i].rowStride
        pixelStrides[i] = planes[i].pixelStride
    }
}
