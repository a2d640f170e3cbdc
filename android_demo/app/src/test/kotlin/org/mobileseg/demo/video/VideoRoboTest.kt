package org.mobileseg.demo.video

import android.content.Intent
import android.graphics.Rect
import android.media.MediaFormat
import android.net.Uri
import org.json.JSONObject
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.FakeImage
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.camera.view
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.Matrix
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.manifest.Size
import org.mobileseg.demo.ui.Kept
import org.mobileseg.demo.ui.PHONE
import org.mobileseg.demo.ui.Stage
import org.mobileseg.demo.ui.live
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowMediaExtractor
import org.robolectric.shadows.ShadowToast
import org.robolectric.shadows.util.DataSource

/** A video file in place of the camera; what a real decoder does is not shown. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = PHONE, shadows = [PushedImageReader::class, ScriptedCodec::class])
class VideoRoboTest {
    private val file = Uri.parse("content://storage/drive.mp4")

    @Before
    fun script() {
        ScriptedCodec.broken = false
        ScriptedCodec.released = 0
        ScriptedCodec.format = MediaFormat.createVideoFormat("video/raw", 480, 360)
        ScriptedCodec.format.setInteger(MediaFormat.KEY_COLOR_RANGE, MediaFormat.COLOR_RANGE_FULL)
        ScriptedCodec.images =
            List(5) {
                FakeImage(FakeFrame(Fixtures.frame(it / 2), Orientation(90, mirrored = false), 2, padding = 32))
            }
        val track = MediaFormat.createVideoFormat("video/avc", 480, 360)
        track.setInteger(MediaFormat.KEY_ROTATION, 90)
        val source = DataSource.toDataSource(RuntimeEnvironment.getApplication(), file, null)
        ShadowMediaExtractor.addTrack(source, track, ByteArray(40))
    }

    @Test
    fun `every frame is processed, in order, and the figures are those of the whole video`() =
        live("float32.onnx", "int8.onnx") {
            play()
            assertNull(notice)
            val scene = session.pipeline!!.scenes.take()
            assertEquals(5L, scene.frame)
            assertEquals("End of the video: 5 frames", ShadowToast.getTextOfLatestToast())
            // 0 0 1 1 2: two of four pairs differ.
            assertEquals(listOf(4L, 4L), session.pipeline!!.flips.map { it.count })
            val flips = session.pipeline!!.flips.map { it.mean() }
            click(R.id.freeze) // plays it again
            settle()
            assertEquals(flips, session.pipeline!!.flips.map { it.mean() })
            assertEquals(5, session.pipeline!!.agreements.count)
            assertEquals(2, ScriptedCodec.released)
            click(R.id.share_report)
            val live = JSONObject(Kept.REPORT.at(activity).readText()).getJSONObject("live")
            assertEquals("video drive.mp4", "${live["kind"]} ${live["name"]}")
        }

    @Test
    fun `a camera's frame and a video's are the same input`() =
        live("int8.onnx") {
            push(2)
            val camera = session.pipeline!!.scenes.take().layers[0].classes.clone()
            play()
            assertArrayEquals(camera, session.pipeline!!.scenes.take().layers[0].classes)
            click(R.id.back_to_camera)
            assertNull(activity.retained.video)
            assertEquals(1, push(0).closes)
        }

    @Test
    fun `a video that cannot be decoded is reported, and the camera works again`() =
        live("int8.onnx") {
            ScriptedCodec.broken = true
            play()
            assertEquals("The video cannot be played", notice)
            assertTrue(text(R.id.notice_text), "the decoder has failed" in text(R.id.notice_text))
            click(R.id.back_to_camera)
            act()
            assertNotNull(session.pipeline)
        }

    /** There is no encoder on this machine: its surface refuses the first picture. */
    @Test
    fun `a recording that fails ends, is said and leaves no file`() =
        live("float32.onnx", "int8.onnx") {
            click(R.id.record)
            assertEquals("No picture yet", ShadowToast.getTextOfLatestToast())
            push(0)
            click(R.id.record)
            val recorded = Kept.RECORDING.at(activity).apply { writeBytes(byteArrayOf(1, 2, 3)) }
            push(1)
            assertTrue(ShadowToast.getTextOfLatestToast().startsWith("Not saved: "))
            assertFalse(recorded.isFile)
            assertEquals(2L, session.pipeline!!.scenes.take().frame)
        }

    @Test
    fun `a decoder's crop is what is seen`() {
        val whole = Fixtures.frame(0)
        val frame = FakeFrame(whole, Orientation.UPRIGHT, chromaStride = 2, padding = 8)
        val seen = YuvFrame().apply { view(FakeImage(frame, Rect(4, 2, 104, 82))) }
        assertEquals(Size(80, 100), seen.size)
        for (plane in 0 until 3) {
            val (top, left) = if (plane == 0) 2 to 4 else 1 to 2
            val at = top * frame.rowStrides[plane] + left * frame.pixelStrides[plane]
            assertEquals(frame.planes[plane].get(at), seen.buffers[plane].get(0))
        }
    }

    @Test
    fun `colours are those that the file names, else those of video`() {
        fun format(height: Int, standard: Int?, range: Int?): MediaFormat =
            MediaFormat.createVideoFormat("video/raw", 2 * height, height).apply {
                standard?.let { setInteger(MediaFormat.KEY_COLOR_STANDARD, it) }
                range?.let { setInteger(MediaFormat.KEY_COLOR_RANGE, it) }
            }
        val full = MediaFormat.COLOR_RANGE_FULL
        assertEquals(Matrix.BT709, matrixOf(format(720, null, null)))
        assertEquals(Matrix.BT601, matrixOf(format(480, null, null)))
        assertEquals(Matrix.BT601, matrixOf(format(1080, MediaFormat.COLOR_STANDARD_BT601_PAL, null)))
        assertEquals(Matrix.JFIF, matrixOf(format(480, null, full)))
        assertEquals(Matrix.BT709_FULL, matrixOf(format(1080, MediaFormat.COLOR_STANDARD_BT709, full)))
    }

    private fun Stage.play() {
        click(R.id.open_video)
        val asked = shadowOf(activity).nextStartedActivityForResult.intent
        assertEquals("video/*", asked.type)
        shadowOf(activity).receiveResult(asked, android.app.Activity.RESULT_OK, Intent().setData(file))
        repeat(4) { settle() }
    }
}
