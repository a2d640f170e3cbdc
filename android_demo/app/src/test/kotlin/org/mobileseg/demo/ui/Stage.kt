package org.mobileseg.demo.ui

import android.Manifest.permission.CAMERA
import android.app.Activity
import android.app.AlertDialog
import android.content.ClipData
import android.content.Context
import android.content.Intent
import android.content.res.Configuration
import android.graphics.Bitmap
import android.graphics.Canvas
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import android.net.Uri
import android.os.Bundle
import android.os.Looper
import android.view.MotionEvent
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.SeekBar
import android.widget.TextView
import java.io.File
import java.time.Duration
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.R
import org.mobileseg.demo.artifact.ArtifactStore
import org.mobileseg.demo.artifact.MANIFEST_SUFFIX
import org.mobileseg.demo.artifact.Source
import org.mobileseg.demo.camera.FakeImage
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.camera.addCamera
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.Orientation
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.shadows.ShadowAlertDialog

/** The main screen on Robolectric, with a camera and artifacts, and what a test does with it. */
class Stage : AutoCloseable {
    private val application = RuntimeEnvironment.getApplication()
    private val store = ArtifactStore(File(application.filesDir, "artifacts"))
    var controller: ActivityController<MainActivity> = Robolectric.buildActivity(MainActivity::class.java)
        private set

    val activity: MainActivity
        get() = controller.get()

    val session: LiveSession
        get() = activity.retained.session

    /** Copies in the app's storage, chosen as if by hand. */
    fun choose(vararg names: String): List<File> {
        val files = names.map { name ->
            store.install(
                listOf(name, name + MANIFEST_SUFFIX).map { Source(it) { File(Fixtures.folder, it).inputStream() } }
            )
        }
        application
            .getSharedPreferences("artifacts", Context.MODE_PRIVATE)
            .edit()
            .putString("chosen", files.joinToString("\n"))
            .commit()
        return files
    }

    fun allowCamera() {
        val manager = application.getSystemService(Context.CAMERA_SERVICE) as CameraManager
        if (manager.cameraIdList.isEmpty()) {
            addCamera("0", CameraCharacteristics.LENS_FACING_BACK, 90)
            addCamera("1", CameraCharacteristics.LENS_FACING_FRONT, 270)
        }
        shadowOf(application).grantPermissions(CAMERA)
    }

    fun start(): Stage {
        controller.setup()
        settle()
        return this
    }

    /** The system ends the process in the background, and starts it again with what was saved. */
    fun restart() {
        val state = Bundle()
        controller.pause().stop().saveInstanceState(state)
        activity.retained.close()
        controller = Robolectric.buildActivity(MainActivity::class.java)
        controller.create(state).start().restoreInstanceState(state).resume().visible()
        settle()
    }

    /** A street image through the camera. */
    fun push(number: Int): FakeImage {
        val turn = if (application.resources.configuration.orientation == Configuration.ORIENTATION_LANDSCAPE) 0 else 90
        val orientation = Orientation(if (activity.retained.front) 270 else turn, mirrored = false)
        val image = FakeImage(FakeFrame(Fixtures.frame(number), orientation, chromaStride = 2, padding = 24))
        PushedImageReader.last.push(image)
        settle()
        return image
    }

    /** A frame without the time that [push] lets pass on the main thread. */
    fun show(number: Int) {
        val image = FakeImage(FakeFrame(Fixtures.frame(number), Orientation(90, mirrored = false), 2, padding = 0))
        PushedImageReader.last.push(image)
        shadowOf(activity.retained.model.looper).idle()
        shadowOf(Looper.getMainLooper()).idle()
    }

    /** Moves the slider of the dialog in front and uses it. */
    fun slide(position: Int) {
        val dialog = ShadowAlertDialog.getLatestAlertDialog()
        dialog.findViewById<SeekBar>(R.id.slider)!!.progress = position
        dialog.getButton(AlertDialog.BUTTON_POSITIVE).performClick()
        settle()
    }

    /** Everything that is due on every thread, and the figures' next refresh. */
    fun settle() =
        repeat(4) {
            shadowOf(activity.retained.control.looper).idle()
            shadowOf(activity.retained.model.looper).idle()
            shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(300))
        }

    val picture: SegmentationView
        get() = activity.findViewById(R.id.picture)!!

    /** All words above the legend, a line a view. */
    val figures: String
        get() = words(activity.findViewById(R.id.figures)!!) + "\n" + words(activity.findViewById(R.id.latencies)!!)

    fun words(view: View): String =
        when (view) {
            is TextView -> view.text.toString()
            is ViewGroup -> List(view.childCount) { words(view.getChildAt(it)) }.joinToString("\n")
            else -> ""
        }

    fun legend(): List<TextView> {
        val view = activity.findViewById<LegendView>(R.id.legend)!!
        return List(view.childCount) { view.getChildAt(it) as TextView }
    }

    /** The calm screen's button. */
    fun act() {
        activity.findViewById<Button>(R.id.notice_action)!!.performClick()
        settle()
    }

    /** At a place of the picture, 0 to 1, which is as wide and as high as the view on a phone that is held upright. */
    fun touch(action: Int, x: Float, y: Float = 0.5f) {
        val event = MotionEvent.obtain(0, 0, action, x * picture.width, y * picture.height, 0)
        picture.dispatchTouchEvent(event)
        event.recycle()
    }

    /** To the question for the camera. */
    fun answer(result: Int) {
        activity.onRequestPermissionsResult(CameraDesk.REQUEST, arrayOf(CAMERA), intArrayOf(result))
        settle()
    }

    /** The system's picker gives these files for [asked]. */
    fun give(asked: Intent, vararg files: File) {
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

    internal fun artifacts(): ArtifactDesk = ArtifactDesk(activity, activity.retained) {}

    fun text(id: Int): String = activity.findViewById<TextView>(id)!!.text.toString()

    fun shown(id: Int): Boolean = activity.findViewById<View>(id)!!.visibility == View.VISIBLE

    fun click(menuItem: Int) {
        shadowOf(activity).clickMenuItem(menuItem)
        settle()
    }

    /** Title of the calm screen; null while there is none. */
    val notice: String?
        get() = if (shown(R.id.notice)) text(R.id.notice_title) else null

    /** The whole screen, kept as NAME.png. */
    fun draw(name: String): Bitmap = draw(activity.window.decorView, name)

    override fun close() {
        controller.pause().stop().destroy()
        shadowOf(Looper.getMainLooper()).idle()
    }
}

/** A window's whole content, kept as NAME.png. */
fun draw(root: View, name: String): Bitmap {
    val picture = Bitmap.createBitmap(root.width, root.height, Bitmap.Config.ARGB_8888)
    root.draw(Canvas(picture))
    val folder = File(System.getProperty("screens")).apply { mkdirs() }
    File(folder, "$name.png").outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
    return picture
}

const val PHONE: String = "w411dp-h891dp-xhdpi"

/** [check] on a screen with a camera and these models. */
fun live(vararg names: String, check: Stage.() -> Unit) =
    Stage().use { stage ->
        stage.choose(*names)
        stage.allowCamera()
        stage.start().check()
    }

fun pixels(picture: Bitmap): IntArray =
    IntArray(picture.width * picture.height).also {
        picture.getPixels(it, 0, picture.width, 0, 0, picture.width, picture.height)
    }
