package org.mobileseg.demo.camera

import android.media.Image
import android.media.ImageReader
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.image.moveTo
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

/**
 * Views the planes of [image], without copying them: of its crop, beside which decoders have rows and columns left
 * over.
 */
internal fun YuvFrame.view(image: Image) {
    val crop = image.cropRect
    if (size.height != crop.height() || size.width != crop.width()) size = Size(crop.height(), crop.width())
    val planes = image.planes
    for (i in 0 until YuvFrame.PLANES) {
        rowStrides[i] = planes[i].rowStride
        pixelStrides[i] = planes[i].pixelStride
        val part = if (i == 0) 1 else 2
        val start = crop.top / part * rowStrides[i] + crop.left / part * pixelStrides[i]
        buffers[i] = if (start == 0) planes[i].buffer else planes[i].buffer.apply { moveTo(start) }.slice()
    }
}
