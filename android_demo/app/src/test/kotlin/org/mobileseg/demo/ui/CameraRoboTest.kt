package org.mobileseg.demo.ui

import android.Manifest.permission.CAMERA
import android.content.Context
import android.content.pm.PackageManager
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraManager
import android.provider.Settings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.camera.RefusingCameraManager
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The camera denied, taken away, lost, in use, absent. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = PHONE, shadows = [PushedImageReader::class])
class CameraRoboTest {
    private val application = RuntimeEnvironment.getApplication()

    @Test
    fun `permission denied, then granted`() =
        Stage().use { stage ->
            stage.choose("int8.onnx")
            stage.allowCamera()
            shadowOf(application).denyPermissions(CAMERA)
            stage.start()
            assertEquals(listOf(CAMERA), shadowOf(stage.activity).lastRequestedPermission.requestedPermissions.toList())
            stage.answer(PackageManager.PERMISSION_DENIED)
            assertEquals("No camera permission", stage.notice)
            // The system asks no more: its settings are opened.
            stage.act()
            assertEquals(
                Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
                shadowOf(stage.activity).nextStartedActivity.action,
            )
            shadowOf(application).grantPermissions(CAMERA)
            stage.answer(PackageManager.PERMISSION_GRANTED)
            assertNull(stage.notice)
            assertEquals(1, stage.push(0).closes)
        }

    @Test
    fun `permission revoked while another app is in front`() =
        live("int8.onnx") {
            assertEquals(1, push(0).closes)
            controller.pause()
            shadowOf(application).denyPermissions(CAMERA)
            controller.resume()
            settle()
            answer(PackageManager.PERMISSION_DENIED)
            assertEquals("No camera permission", notice)
            assertNotNull(session.pipeline)
        }

    @Test
    fun `a disconnected camera is reported and reopened`() =
        live("int8.onnx") {
            shadowOf(application.getSystemService(Context.CAMERA_SERVICE) as CameraManager).triggerDisconnect()
            settle()
            assertEquals("Camera disconnected", notice)
            act()
            settle()
            assertNull(notice)
            assertEquals(1, push(0).closes)
        }

    @Test
    @Config(shadows = [RefusingCameraManager::class, PushedImageReader::class])
    fun `a camera in use`() {
        RefusingCameraManager.refusal = CameraAccessException.CAMERA_IN_USE
        live("int8.onnx") { assertEquals("The camera is in use", notice) }
    }

    @Test
    fun `without a camera, pictures from storage work`() =
        Stage().use { stage ->
            stage.choose("int8.onnx")
            shadowOf(application).grantPermissions(CAMERA)
            stage.start()
            assertEquals("No camera", stage.notice)
            stage.act()
            val started = shadowOf(stage.activity).nextStartedActivityForResult
            assertEquals("image/*", started.intent.type)
            stage.give(started.intent, Fixtures.street(1))
            assertNull(stage.notice)
            assertTrue(stage.figures, stage.figures.startsWith("still picture"))
            assertEquals(1L, stage.session.pipeline?.scenes?.take()?.frame)
        }

    @Test
    fun `switching cameras`() =
        live("int8.onnx") {
            val reader = PushedImageReader.last
            click(R.id.switch_camera)
            assertTrue(reader.closed && activity.retained.front)
            push(0)
            assertEquals(1L, session.pipeline?.scenes?.take()?.frame)
        }
}
