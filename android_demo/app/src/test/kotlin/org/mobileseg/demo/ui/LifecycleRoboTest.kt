package org.mobileseg.demo.ui

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.manifest.Size
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** What happens to a screen, and to what it stands on. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = PHONE, shadows = [PushedImageReader::class])
class LifecycleRoboTest {
    @Test
    fun `pause releases the camera, resume reopens it`() =
        live("int8.onnx") {
            val reader = PushedImageReader.last
            controller.pause()
            settle()
            assertTrue(reader.closed)
            controller.resume()
            settle()
            assertNotEquals(reader, PushedImageReader.last)
            assertEquals(1, push(0).closes)
        }

    @Test
    fun `rotation keeps the model and the camera running`() =
        live("int8.onnx") {
            push(0)
            val pipeline = session.pipeline
            RuntimeEnvironment.setQualifiers("+land")
            controller.configurationChange()
            settle()
            assertSame(pipeline, session.pipeline)
            assertNull(notice)
            push(1)
            assertEquals(2L, session.pipeline?.scenes?.take()?.frame)
        }

    @Test
    fun `rotation while the model is loading`() =
        Stage().use { stage ->
            stage.choose("int8.onnx")
            stage.allowCamera()
            stage.controller.setup()
            assertEquals("Loading the model", stage.notice)
            RuntimeEnvironment.setQualifiers("+land")
            stage.controller.configurationChange()
            assertEquals("Loading the model", stage.notice)
            stage.settle()
            assertNull(stage.notice)
            assertEquals(1, stage.push(0).closes)
        }

    @Test
    fun `pause while the model is loading does not open the camera`() =
        Stage().use { stage ->
            stage.choose("int8.onnx")
            stage.allowCamera()
            stage.controller.setup().pause()
            stage.settle()
            assertNotNull(stage.session.pipeline)
            stage.controller.resume()
            stage.settle()
            assertEquals(1, stage.push(0).closes)
        }

    @Test
    fun `a deleted artifact is reported`() =
        live("int8.onnx") {
            controller.pause()
            assertTrue(session.files.single().delete())
            controller.resume()
            settle()
            assertEquals("This model cannot be used", notice)
            assertTrue(text(R.id.notice_text), "int8.onnx" in text(R.id.notice_text))
        }

    @Test
    fun `an artifact deleted between two runs of the app is reported`() =
        Stage().use { stage ->
            assertTrue(stage.choose("int8.onnx").single().parentFile!!.deleteRecursively())
            stage.allowCamera()
            stage.start()
            assertEquals("This model cannot be used", stage.notice)
            assertTrue(stage.text(R.id.notice_text), "The file int8.onnx" in stage.text(R.id.notice_text))
        }

    @Test
    fun `out of memory is reported`() =
        live("int8.onnx") {
            session.picture(IntArray(0), Size(1 shl 21, 8)) // 2 GiB between its two passes
            settle()
            assertEquals("This model cannot be used", notice)
            assertTrue(text(R.id.notice_text), "Enough memory for int8.onnx" in text(R.id.notice_text))
        }
}
