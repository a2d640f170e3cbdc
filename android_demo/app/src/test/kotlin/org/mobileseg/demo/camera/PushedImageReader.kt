package org.mobileseg.demo.camera

import android.graphics.SurfaceTexture
import android.media.Image
import android.media.ImageReader
import android.os.Handler
import android.view.Surface
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.annotation.RealObject
import org.robolectric.shadow.api.Shadow

/** Robolectric's own ImageReader holds no YUV: this one hands out what a test pushed, and knows what is out. */
@Implements(ImageReader::class)
class PushedImageReader {
    @RealObject private lateinit var self: ImageReader
    private var listener: ImageReader.OnImageAvailableListener? = null
    private var handler: Handler? = null
    private val waiting = ArrayDeque<Image>()
    private val target by lazy { Surface(SurfaceTexture(0)) }
    var closed = false
        private set

    var capacity = 0
        private set

    @Implementation fun getSurface(): Surface = target

    @Implementation
    fun close() {
        closed = true
        waiting.clear()
    }

    @Implementation
    fun acquireLatestImage(): Image? {
        check(!closed) { "the reader is closed" }
        while (waiting.size > 1) waiting.removeFirst().close()
        return waiting.removeFirstOrNull()
    }

    @Implementation
    fun setOnImageAvailableListener(wanted: ImageReader.OnImageAvailableListener?, on: Handler?) {
        listener = wanted
        handler = on
    }

    /** Waits until somebody acquires it. */
    fun queue(image: Image) {
        waiting.addLast(image)
    }

    fun push(image: Image) {
        queue(image)
        handler!!.post { listener?.onImageAvailable(self) }
    }

    companion object {
        /** The last one that was made. */
        lateinit var last: PushedImageReader

        @JvmStatic
        @Implementation
        fun newInstance(width: Int, height: Int, format: Int, images: Int): ImageReader {
            check(width > 0 && height > 0 && format == android.graphics.ImageFormat.YUV_420_888)
            val reader = Shadow.newInstanceOf(ImageReader::class.java)
            last = Shadow.extract(reader)
            last.capacity = images
            return reader
        }
    }
}
