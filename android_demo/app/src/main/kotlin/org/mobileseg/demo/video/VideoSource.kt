package org.mobileseg.demo.video

import android.content.Context
import android.media.Image
import android.media.MediaCodec
import android.media.MediaCodecInfo.CodecCapabilities.COLOR_FormatYUV420Flexible
import android.media.MediaExtractor
import android.media.MediaFormat
import android.net.Uri
import android.os.Handler
import java.io.IOException
import org.mobileseg.demo.camera.view
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.YuvFrame

/** Callbacks of a [VideoSource], on the model's thread. */
interface VideoListener {
    /** Every frame of the file, in order; only valid during the call. */
    fun onFrame(frame: YuvFrame, orientation: Orientation)

    /** After the last of [frames] frames. */
    fun onEnd(frames: Long)

    /** The file cannot be read or decoded; no frames follow. */
    fun onTrouble(reason: String)
}

/**
 * Decodes a video file on the model's thread: the next frame is taken when the model is done with the last one, so that
 * every run sees the same frames, however slow the model is. Between two frames other work of that thread has its turn.
 */
class VideoSource(
    private val context: Context,
    private val uri: Uri,
    private val model: Handler,
    private val listener: VideoListener,
) {
    private val frame = YuvFrame()
    private val info = MediaCodec.BufferInfo()
    private var extractor: MediaExtractor? = null
    private var codec: MediaCodec? = null
    private var orientation = Orientation.UPRIGHT
    private var frames = 0L
    private var fed = false
    private var closed = false

    fun open() {
        model.post { guarded(::start) }
    }

    /** No frame follows. */
    fun close() {
        model.post(::stop)
    }

    private fun start() {
        val source = MediaExtractor().also { extractor = it }
        source.setDataSource(context, uri, null)
        val track =
            (0 until source.trackCount).firstOrNull {
                source.getTrackFormat(it).getString(MediaFormat.KEY_MIME).orEmpty().startsWith("video/")
            } ?: throw IOException("no video in it")
        source.selectTrack(track)
        val format = source.getTrackFormat(track)
        orientation = Orientation(format.number(MediaFormat.KEY_ROTATION, 0), mirrored = false)
        format.setInteger(MediaFormat.KEY_COLOR_FORMAT, COLOR_FormatYUV420Flexible)
        val decoder = MediaCodec.createDecoderByType(format.getString(MediaFormat.KEY_MIME)!!).also { codec = it }
        decoder.configure(format, null, null, 0)
        decoder.start()
        model.post(step)
    }

    private val step =
        object : Runnable {
            override fun run() = guarded {
                val decoder = codec ?: return@guarded
                feed(decoder)
                if (take(decoder)) model.post(this) else finish()
            }
        }

    private fun feed(decoder: MediaCodec) {
        val source = extractor ?: return
        while (!fed) {
            val index = decoder.dequeueInputBuffer(0)
            if (index < 0) return
            val size = decoder.getInputBuffer(index)?.let { source.readSampleData(it, 0) } ?: -1
            if (size < 0) {
                decoder.queueInputBuffer(index, 0, 0, 0, MediaCodec.BUFFER_FLAG_END_OF_STREAM)
                fed = true
            } else {
                decoder.queueInputBuffer(index, 0, size, source.sampleTime, 0)
                source.advance()
            }
        }
    }

    /** Hands the next frame on, if there is one; false at the end. */
    private fun take(decoder: MediaCodec): Boolean {
        val index = decoder.dequeueOutputBuffer(info, WAIT_US)
        if (index < 0) return true
        try {
            val image = if (info.size > 0) decoder.getOutputImage(index) else null
            if (image != null) show(image, decoder.outputFormat)
        } finally {
            decoder.releaseOutputBuffer(index, false)
        }
        return info.flags and MediaCodec.BUFFER_FLAG_END_OF_STREAM == 0
    }

    private fun show(image: Image, format: MediaFormat) {
        frame.view(image)
        frame.matrix = matrixOf(format)
        frames++
        listener.onFrame(frame, orientation)
    }

    private fun finish() {
        stop()
        listener.onEnd(frames)
    }

    private fun stop() {
        closed = true
        model.removeCallbacks(step)
        codec?.release()
        codec = null
        extractor?.release()
        extractor = null
    }

    private inline fun guarded(action: () -> Unit) {
        if (closed) return
        try {
            action()
        } catch (error: IOException) {
            fail(error)
        } catch (error: SecurityException) { // the permission to read it has ended
            fail(error)
        } catch (error: IllegalStateException) { // also MediaCodec.CodecException
            fail(error)
        } catch (error: IllegalArgumentException) { // a format that no decoder takes
            fail(error)
        }
    }

    private fun fail(error: Exception) {
        stop()
        listener.onTrouble(error.message ?: error.javaClass.simpleName)
    }

    private companion object {
        const val WAIT_US = 10_000L
    }
}
