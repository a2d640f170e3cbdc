package org.mobileseg.demo.video

import android.graphics.Canvas
import android.media.MediaRecorder
import android.view.Surface
import java.io.Closeable
import java.io.File
import java.io.IOException
import org.mobileseg.demo.manifest.Size

/**
 * Records pictures of [size] to an MP4 [file], each as it is drawn: the comparison alone, without the rest of the
 * screen. Throws [IOException] where the device cannot encode them.
 */
class Recorder(private val file: File, private val size: Size) : Closeable {
    @Suppress("DEPRECATION") // its replacement is newer than the oldest supported Android
    private val recorder = MediaRecorder()
    private val surface: Surface

    /** Pictures so far. */
    var count: Int = 0
        private set

    init {
        try {
            recorder.setVideoSource(MediaRecorder.VideoSource.SURFACE)
            recorder.setOutputFormat(MediaRecorder.OutputFormat.MPEG_4)
            recorder.setVideoEncoder(MediaRecorder.VideoEncoder.H264)
            recorder.setVideoSize(size.width, size.height)
            recorder.setVideoFrameRate(RATE)
            recorder.setVideoEncodingBitRate(BITS_PER_PIXEL * size.area)
            recorder.setOutputFile(file.path)
            recorder.prepare()
            surface = recorder.surface
            recorder.start()
        } catch (error: RuntimeException) { // what MediaRecorder throws if there is no encoder for this
            recorder.release()
            throw IOException(error.message ?: "no encoder for ${size.width}x${size.height}", error)
        }
    }

    /** The next picture. */
    fun add(draw: (Canvas) -> Unit) {
        val canvas = surface.lockHardwareCanvas()
        try {
            draw(canvas)
        } finally {
            surface.unlockCanvasAndPost(canvas)
        }
        count++
    }

    /** Ends the file; without a picture there is none. */
    override fun close() {
        try {
            recorder.stop()
        } catch (_: RuntimeException) { // no picture has reached the encoder
            file.delete()
        } finally {
            surface.release()
            recorder.release()
        }
        if (count == 0) file.delete()
    }

    private companion object {
        const val RATE = 30
        const val BITS_PER_PIXEL = 8 // a second: large enough for unfiltered class borders
    }
}
