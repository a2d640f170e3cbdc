package org.mobileseg.demo.ui

import android.graphics.Insets
import android.view.Surface
import android.view.View
import android.view.WindowInsets
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNotSame
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.FakeImage
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.agreement
import org.mobileseg.demo.manifest.Size
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowApplication
import org.robolectric.shadows.ShadowDisplay

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

    @Test
    fun `from landscape to reverse landscape the picture stays upright`() =
        live("int8.onnx") {
            RuntimeEnvironment.setQualifiers("+land")
            controller.configurationChange()
            settle()
            push(0)
            val upright = session.pipeline!!.scenes.take().layers[0].classes.clone()
            shadowOf(ShadowDisplay.getDefaultDisplay()).setRotation(Surface.ROTATION_270)
            settle()
            val turned = FakeFrame(Fixtures.frame(0), Orientation(180, mirrored = false), chromaStride = 2, padding = 0)
            PushedImageReader.last.push(FakeImage(turned))
            settle()
            val now = session.pipeline!!.scenes.take().layers[0]
            assertEquals(2L, session.pipeline!!.scenes.take().frame)
            assertTrue(agreement(upright, now.classes, now.size.width, now.filled) > 0.97f)
        }

    @Test
    fun `nothing lies under the system's bars or the camera's hole`() =
        live("int8.onnx") {
            val root = activity.findViewById<View>(R.id.root)!!
            val bars = Insets.of(0, 63, 0, 48)
            val insets =
                WindowInsets.Builder()
                    .setInsets(WindowInsets.Type.systemBars(), bars)
                    .setInsets(WindowInsets.Type.displayCutout(), Insets.of(80, 0, 0, 0))
                    .build()
            root.dispatchApplyWindowInsets(insets)
            val found = listOf(root.paddingLeft, root.paddingTop, root.paddingRight, root.paddingBottom)
            assertEquals(listOf(80, 63, 0, 48), found)
            root.dispatchApplyWindowInsets(WindowInsets.Builder().build())
            assertEquals(0, root.paddingTop)
        }

    @Test
    fun `since Android 13 back is taken in advance, only while a picture is shown`() {
        ShadowApplication.setEnableOnBackInvokedCallback(true) // as the manifest does
        live("int8.onnx") {
            assertTrue(activity.applicationInfo.isOnBackInvokedCallbackEnabled)
            val system = activity.window.decorView.viewRootImpl.onBackInvokedDispatcher
            val leave = system.topCallback
            click(R.id.open_picture)
            give(shadowOf(activity).nextStartedActivityForResult.intent, Fixtures.street(1))
            assertNotSame(leave, system.topCallback)
            system.topCallback!!.onBackInvoked()
            settle()
            assertNull(activity.retained.still)
            assertFalse(activity.isFinishing)
            assertSame(leave, system.topCallback)
            assertEquals(1, push(0).closes)
        }
    }

    /** As before Android 13. */
    @Suppress("DEPRECATION") // what the system calls there
    @Test
    fun `back leads from a picture to the camera, then out of the app`() =
        live("int8.onnx") {
            click(R.id.open_picture)
            give(shadowOf(activity).nextStartedActivityForResult.intent, Fixtures.street(1))
            assertNotNull(activity.retained.still)
            activity.onBackPressed()
            settle()
            assertNull(activity.retained.still)
            assertFalse(activity.isFinishing)
            assertEquals(1, push(0).closes)
            activity.onBackPressed()
            assertTrue(activity.isFinishing)
        }

    @Test
    fun `what was chosen survives the end of the process`() =
        live("float32.onnx", "int8.onnx") {
            click(R.id.switch_camera)
            click(R.id.threads)
            slide(0)
            push(0)
            picture.divider = 0.25f
            val before = session
            restart()
            assertNotSame(before, session)
            assertEquals(listOf("float32", "int8"), session.pipeline?.manifests?.map { it.precision })
            assertTrue(activity.retained.front)
            assertEquals(1, session.threads)
            assertEquals(0.25f, picture.divider, 0f)
            assertEquals(1, push(0).closes)
        }

    @Test
    fun `a picture is shown again after the end of the process`() =
        live("int8.onnx") {
            click(R.id.open_picture)
            give(shadowOf(activity).nextStartedActivityForResult.intent, Fixtures.street(1))
            val shown = session.pipeline!!.scenes.take().layers[0].classes.clone()
            restart()
            assertNotNull(activity.retained.still)
            assertArrayEquals(shown, session.pipeline!!.scenes.take().layers[0].classes)
        }
}
