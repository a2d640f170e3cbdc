package org.mobileseg.demo.video

import android.media.Image
import android.media.MediaCodec
import android.media.MediaCrypto
import android.media.MediaFormat
import android.view.Surface
import java.nio.ByteBuffer
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadow.api.Shadow

/** There is no decoder on this machine: this one answers with the images of a test, one for each of its inputs. */
@Implements(MediaCodec::class)
class ScriptedCodec {
    private val input = ByteBuffer.allocateDirect(1024)
    private var given = 0
    private var ended = false

    @Implementation
    fun configure(format: MediaFormat?, surface: Surface?, crypto: MediaCrypto?, flags: Int) {
        check(format != null && surface == null && crypto == null && flags == 0)
    }

    @Implementation fun start() = Unit

    @Implementation fun release() = run { released++ }

    @Implementation fun dequeueInputBuffer(timeout: Long): Int = if (timeout == 0L && !ended) 0 else -1

    @Implementation fun getInputBuffer(index: Int): ByteBuffer = input.apply { clear() }.also { check(index == 0) }

    @Implementation
    fun queueInputBuffer(index: Int, offset: Int, size: Int, time: Long, flags: Int) {
        check(index == 0 && offset == 0 && size >= 0 && time >= 0)
        if (flags and MediaCodec.BUFFER_FLAG_END_OF_STREAM != 0) ended = true
    }

    @Implementation
    fun dequeueOutputBuffer(info: MediaCodec.BufferInfo, timeout: Long): Int {
        check(timeout > 0)
        if (broken) throw IllegalStateException("the decoder has failed")
        val last = given == images.size
        info.set(0, if (last) 0 else 1, 0, if (last) MediaCodec.BUFFER_FLAG_END_OF_STREAM else 0)
        return if (last && !ended) -1 else given
    }

    @Implementation fun getOutputImage(index: Int): Image = images[index]

    @Implementation fun getOutputFormat(): MediaFormat = format

    @Implementation
    fun releaseOutputBuffer(index: Int, render: Boolean) {
        check(index == given && !render)
        given++
    }

    companion object {
        var images: List<Image> = emptyList()
        var format: MediaFormat = MediaFormat()
        var released = 0
        var broken = false

        @JvmStatic
        @Implementation
        fun createDecoderByType(type: String): MediaCodec {
            check(type.startsWith("video/"))
            return Shadow.newInstanceOf(MediaCodec::class.java)
        }
    }
}
