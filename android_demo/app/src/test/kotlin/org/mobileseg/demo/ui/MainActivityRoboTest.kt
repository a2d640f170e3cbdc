package org.mobileseg.demo.ui

import android.Manifest.permission.CAMERA
import android.app.Activity
import android.app.AlertDialog
import android.content.ClipData
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraManager
import android.net.Uri
import android.view.MotionEvent
import android.widget.Button
import android.widget.TextView
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.FileNotFoundException
import javax.imageio.ImageIO
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.camera.RefusingCameraManager
import org.mobileseg.demo.manifest.Size
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowAlertDialog
import org.robolectric.shadows.ShadowToast

@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = "w411dp-h891dp-xhdpi", shadows = [PushedImageReader::class])
class MainActivityRoboTest {
    private val application = RuntimeEnvironment.getApplication()

    private fun live(vararg names: String, check: Stage.() -> Unit) =
        Stage().use { stage ->
            stage.choose(*names)
            stage.allowCamera()
            stage.start().check()
        }

    @Test
    fun `frames reach the screen, figures and legend with them`() =
        live("int8.onnx") {
            assertNull(notice)
            val image = push(0)
            assertEquals(1, image.closes)
            val figures = text(R.id.figures)
            assertTrue(
                figures,
                "int8" in figures && "ONNX Runtime" in figures && "2 threads" in figures && "heat: none" in figures,
            )
            val picture = activity.findViewById<SegmentationView>(R.id.picture)!!
            assertTrue(picture.contentDescription.toString(), "road" in picture.contentDescription)
            val rows = legend().filter { it.visibility == TextView.VISIBLE }
            assertTrue(rows.size > 2 && rows.all { Regex(".+ [0-9]+%").matches(it.text) })
        }

    @Test
    fun `a class alone, and all again`() =
        live("int8.onnx") {
            push(0)
            val road = legend().first { it.text.startsWith("road") }
            road.performClick()
            settle()
            assertEquals(3, session.pipeline?.only)
            assertTrue(road.isActivated && "alone" in road.contentDescription)
            road.performClick()
            settle()
            assertEquals(-1, session.pipeline?.only)
            assertFalse(road.isActivated)
        }

    @Test
    fun `two models, a divider over the same frame`() =
        live("float32.onnx", "int8.onnx") {
            push(0)
            val figures = text(R.id.figures)
            assertTrue(
                figures,
                figures.lines().size == 6 &&
                    "left: float32" in figures &&
                    "right: int8" in figures &&
                    "same class in 9" in figures,
            )
            val view = activity.findViewById<SegmentationView>(R.id.picture)!!
            view.touch(MotionEvent.ACTION_DOWN, 0.5f)
            view.touch(MotionEvent.ACTION_MOVE, 0.2f)
            view.touch(MotionEvent.ACTION_UP, 0.2f)
            assertEquals(0.2f, view.divider, 0.01f)
            assertTrue(
                view.performAccessibilityAction(
                    android.view.accessibility.AccessibilityNodeInfo.ACTION_SCROLL_FORWARD,
                    null,
                )
            )
            assertEquals(0.3f, view.divider, 0.01f)
            assertTrue(view.contentDescription.toString(), "30%" in view.contentDescription)
            assertNotNull(view.capture())
        }

    @Test
    fun `freeze keeps the picture and frees the camera`() =
        live("int8.onnx") {
            push(0)
            val reader = PushedImageReader.last
            click(R.id.freeze)
            assertTrue(reader.closed && session.frozen)
            assertNull(notice)
            assertNotNull(activity.findViewById<SegmentationView>(R.id.picture)!!.capture())
            click(R.id.freeze)
            assertNotEquals(reader, PushedImageReader.last)
            push(1)
            assertEquals(2L, session.pipeline?.scenes?.take()?.frame)
        }

    @Test
    fun `pause frees the camera, resume takes it again`() =
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
    fun `a turn of the device keeps the model`() =
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
    fun `the other camera`() =
        live("int8.onnx") {
            val reader = PushedImageReader.last
            click(R.id.switch_camera)
            assertTrue(reader.closed && activity.retained.front)
            push(0)
            assertEquals(1L, session.pipeline?.scenes?.take()?.frame)
        }

    @Test
    fun `the camera is asked for, denied, and allowed`() =
        Stage().use { stage ->
            stage.choose("int8.onnx")
            stage.allowCamera()
            shadowOf(application).denyPermissions(CAMERA)
            stage.start()
            assertEquals(listOf(CAMERA), shadowOf(stage.activity).lastRequestedPermission.requestedPermissions.toList())
            stage.answer(PackageManager.PERMISSION_DENIED)
            assertEquals("The camera is not allowed", stage.notice)
            shadowOf(application).grantPermissions(CAMERA)
            stage.answer(PackageManager.PERMISSION_GRANTED)
            assertNull(stage.notice)
            assertEquals(1, stage.push(0).closes)
            // Taken away while another app is in front:
            stage.controller.pause()
            shadowOf(application).denyPermissions(CAMERA)
            stage.controller.resume()
            stage.settle()
            assertEquals("The camera is not allowed", stage.notice)
            // The system asks no more: its settings are opened.
            stage.activity.findViewById<Button>(R.id.notice_action)!!.performClick()
            assertEquals(
                android.provider.Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
                shadowOf(stage.activity).nextStartedActivity.action,
            )
        }

    @Test
    fun `a lost camera is said, and tried again`() =
        live("int8.onnx") {
            shadowOf(application.getSystemService(Context.CAMERA_SERVICE) as CameraManager).triggerDisconnect()
            settle()
            assertEquals("The camera is gone", notice)
            activity.findViewById<Button>(R.id.notice_action)!!.performClick()
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
    fun `no camera at all still takes pictures from storage`() =
        Stage().use { stage ->
            stage.choose("int8.onnx")
            shadowOf(application).grantPermissions(CAMERA)
            stage.start()
            assertEquals("No camera", stage.notice)
            stage.activity.findViewById<Button>(R.id.notice_action)!!.performClick()
            val started = shadowOf(stage.activity).nextStartedActivityForResult
            assertEquals("image/*", started.intent.type)
            stage.give(started.intent, Fixtures.street(1))
            assertNull(stage.notice)
            assertTrue(stage.text(R.id.figures), stage.text(R.id.figures).startsWith("still picture"))
            assertEquals(1L, stage.session.pipeline?.scenes?.take()?.frame)
        }

    @Test
    fun `what is no picture is said`() =
        live("int8.onnx") {
            click(R.id.open_picture)
            val started = shadowOf(activity).nextStartedActivityForResult
            give(started.intent, File(Fixtures.folder, "int8.onnx.json"))
            assertEquals("The picture cannot be read", notice)
        }

    @Test
    fun `an artifact that was deleted is said`() =
        live("int8.onnx") {
            controller.pause()
            assertTrue(session.files.single().delete())
            controller.resume()
            settle()
            assertEquals("This model is not used", notice)
            assertTrue(text(R.id.notice_text), "int8.onnx" in text(R.id.notice_text))
        }

    @Test
    fun `an artifact that was changed is refused with both checksums`() =
        Stage().use { stage ->
            val file = stage.choose("int8.onnx").single()
            stage.allowCamera()
            file.appendBytes(byteArrayOf(0))
            stage.start()
            assertEquals("This model is not used", stage.notice)
            val text = stage.text(R.id.notice_text)
            assertTrue(
                text,
                Regex("(?s)Expected: sha256 [0-9a-f]{64}.*Found: [0-9a-f]{64}.*To do: .+").containsMatchIn(text),
            )
        }

    @Test
    fun `out of memory is said`() =
        live("int8.onnx") {
            session.picture(IntArray(0), Size(1 shl 21, 8)) // 2 GiB between its two passes
            settle()
            assertEquals("This model is not used", notice)
            assertTrue(text(R.id.notice_text), "Enough memory for int8.onnx" in text(R.id.notice_text))
        }

    @Test
    fun `two files from storage`() =
        live("int8.onnx") {
            click(R.id.choose_artifacts)
            artifacts().pick()
            val started = shadowOf(activity).nextStartedActivityForResult
            assertTrue(started.intent.getBooleanExtra(Intent.EXTRA_ALLOW_MULTIPLE, false))
            give(started.intent, File(Fixtures.folder, "float32.onnx.json"), File(Fixtures.folder, "float32.onnx"))
            assertEquals("float32", session.pipeline?.manifests?.single()?.precision)
            artifacts().pick()
            give(shadowOf(activity).nextStartedActivityForResult.intent, File(Fixtures.folder, "float32.onnx"))
            assertEquals("This model is not used", notice)
            assertTrue(text(R.id.notice_text), "Choose both files together" in text(R.id.notice_text))
        }

    @Test
    fun `a picture is saved where the picker says, and shared read-only`() =
        live("int8.onnx") {
            click(R.id.save)
            assertEquals(activity.getString(R.string.nothing_to_keep), ShadowToast.getTextOfLatestToast())
            push(0)
            click(R.id.save)
            val place = Uri.parse("content://storage/kept.png")
            val kept = ByteArrayOutputStream()
            shadowOf(activity.contentResolver).registerOutputStream(place, kept)
            val asked = shadowOf(activity).nextStartedActivityForResult.intent
            shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, Intent().setData(place))
            settle()
            assertEquals("Saved", ShadowToast.getTextOfLatestToast())
            val picture = ImageIO.read(kept.toByteArray().inputStream())
            assertEquals(512 to 384, picture.width to picture.height)
            click(R.id.share)
            val chooser = shadowOf(activity).nextStartedActivity
            val sent = chooser.getParcelableExtra(Intent.EXTRA_INTENT, Intent::class.java)!!
            assertEquals(SharedPictureProvider.URI, sent.getParcelableExtra(Intent.EXTRA_STREAM, Uri::class.java))
            assertTrue(sent.flags and Intent.FLAG_GRANT_READ_URI_PERMISSION != 0)
            val provider = Robolectric.setupContentProvider(SharedPictureProvider::class.java)
            assertTrue(provider.openFile(SharedPictureProvider.URI, "r").use { it.statSize } > 1000)
            assertThrows(FileNotFoundException::class.java) { provider.openFile(SharedPictureProvider.URI, "rw") }
            assertThrows(FileNotFoundException::class.java) {
                provider.openFile(Uri.parse("content://other/../secret"), "r")
            }
        }

    @Test
    fun `models of two runtimes are chosen and compared`() =
        live("int8.onnx") {
            click(R.id.choose_artifacts)
            val dialog = ShadowAlertDialog.getLatestAlertDialog()
            val names = List(dialog.listView.adapter.count) { dialog.listView.adapter.getItem(it).toString() }
            assertEquals(3, names.size)
            shadowOf(dialog).clickOnItem(names.indexOf("seaformer-tiny, float32, executorch"))
            dialog.getButton(AlertDialog.BUTTON_POSITIVE).performClick()
            settle()
            push(0)
            assertEquals(setOf("onnx", "executorch"), session.pipeline?.manifests?.map { it.target.id }?.toSet())
            assertTrue(text(R.id.figures), "same class in 9" in text(R.id.figures))
        }

    @Test
    fun `threads are chosen, and the model says what it is`() =
        live("int8.onnx") {
            click(R.id.threads)
            shadowOf(ShadowAlertDialog.getLatestAlertDialog()).clickOnItem(0)
            settle()
            push(0)
            assertTrue(text(R.id.figures), "1 thread ·" in text(R.id.figures))
            click(R.id.about_file)
            val about = shadowOf(ShadowAlertDialog.getLatestAlertDialog()).message.toString()
            for (fact in
                listOf(
                    "seaformer-tiny",
                    "192x256",
                    "logits, 11 classes",
                    "CamVid",
                    session.pipeline!!.manifests[0].file.sha256,
                )) {
                assertTrue(about, fact in about)
            }
        }

    @Test
    fun `what came with the app is there without a choice`() =
        Stage().use { stage ->
            stage.allowCamera()
            stage.start()
            assertNull(stage.notice)
            val manifest = stage.session.pipeline?.manifests?.single()
            assertEquals("int8.pte", manifest?.file?.name)
            stage.push(0)
            assertTrue(stage.text(R.id.figures), "ExecuTorch" in stage.text(R.id.figures))
            assertEquals(2, stage.activity.retained.store.list().size)
        }

    private fun Stage.artifacts(): ArtifactDesk = ArtifactDesk(activity, activity.retained) {}

    private fun Stage.legend(): List<TextView> {
        val view = activity.findViewById<LegendView>(R.id.legend)!!
        return List(view.childCount) { view.getChildAt(it) as TextView }
    }

    private fun Stage.answer(result: Int) {
        activity.onRequestPermissionsResult(CameraDesk.REQUEST, arrayOf(CAMERA), intArrayOf(result))
        settle()
    }

    /** The system's picker gives these files for [asked]. */
    private fun Stage.give(asked: Intent, vararg files: File) {
        val uris = files.map { Uri.parse("content://storage/${it.name}") }
        for ((uri, file) in uris.zip(files)) shadowOf(activity.contentResolver).registerInputStreamSupplier(uri) {
            file.inputStream()
        }
        val data = Intent()
        if (uris.size == 1) data.data = uris.single()
        else {
            data.clipData =
                ClipData.newRawUri(null, uris[0]).apply { uris.drop(1).forEach { addItem(ClipData.Item(it)) } }
        }
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, data)
        settle()
    }

    private fun SegmentationView.touch(action: Int, share: Float) {
        // The picture is as wide as the view: its shape is flatter than the view's.
        val event = MotionEvent.obtain(0, 0, action, share * width, height / 2f, 0)
        dispatchTouchEvent(event)
        event.recycle()
    }
}
