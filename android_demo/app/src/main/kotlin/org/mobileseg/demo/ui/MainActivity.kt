package org.mobileseg.demo.ui

import android.app.Activity
import android.app.AlertDialog
import android.content.Intent
import android.graphics.Bitmap
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.view.Menu
import android.view.MenuItem
import android.widget.SeekBar
import android.widget.Toast
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.CameraTrouble
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.pipeline.Pipeline

/** The main screen: connects the desks (camera, artifacts, pictures), the session with the models, and the views. */
class MainActivity : Activity(), LiveListener {
    internal lateinit var retained: Retained
        private set

    private lateinit var camera: CameraDesk
    private lateinit var artifacts: ArtifactDesk
    private lateinit var pictures: PictureDesk
    private lateinit var views: MainViews
    private val main = Handler(Looper.getMainLooper())
    private val session: LiveSession
        get() = retained.session

    private var resumed = false

    /** A notice of the camera or a picture; retried whenever the screen returns to the front. */
    private var trouble: Notice? = null

    /** Why there is no model, or not the selected one. */
    private var lacking: Notice? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.main)
        val before = lastNonConfigurationInstance as? Retained
        retained = before ?: Retained(applicationContext)
        camera = CameraDesk(this, retained, ::onCameraTrouble)
        artifacts =
            ArtifactDesk(this, retained) { refusal ->
                lacking = refusal?.let { noticeOf(resources, it) } ?: noArtifact(resources)
                update()
            }
        pictures = PictureDesk(this, retained, ::showStill) { say(unreadable(resources, it)) }
        views = MainViews(this)
        views.legend.onChoice = ::showOnly
        views.opacity.setOnSeekBarChangeListener(OpacityListener())
        session.listener = this
        if (before == null) artifacts.loadChosen() else if (session.pipeline != null) onScene()
        render()
    }

    override fun onResume() {
        super.onResume()
        resumed = true
        trouble = null
        session.checkFiles()
        update()
        main.post(refresh)
    }

    override fun onPause() {
        resumed = false
        camera.stop()
        main.removeCallbacks(refresh)
        super.onPause()
    }

    @Deprecated("Its replacement is a library that this app does not use")
    override fun onRetainNonConfigurationInstance(): Any = retained

    override fun onDestroy() {
        session.listener = null
        if (!isChangingConfigurations) retained.close()
        super.onDestroy()
    }

    override fun onReady(pipeline: Pipeline) {
        lacking = null
        retained.still?.let { session.picture(it.argb, it.size) }
        update()
    }

    override fun onRefused(refusal: Refusal) {
        camera.stop()
        views.clear()
        render()
    }

    override fun onScene() {
        val scene = session.pipeline?.scenes?.take() ?: return
        if (scene.frame == 0L) return
        views.show(scene)
    }

    override fun onRequestPermissionsResult(request: Int, permissions: Array<String>, results: IntArray) {
        if (request == CameraDesk.REQUEST) retry()
    }

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        if (result != RESULT_OK) return
        when (request) {
            ArtifactDesk.REQUEST -> artifacts.onPicked(data)
            PictureDesk.OPEN -> data?.data?.let(pictures::onOpened)
            PictureDesk.SAVE -> data?.data?.let(pictures::onPlaceChosen)
        }
    }

    override fun onCreateOptionsMenu(menu: Menu): Boolean {
        menuInflater.inflate(R.menu.main, menu)
        return true
    }

    override fun onPrepareOptionsMenu(menu: Menu): Boolean {
        val still = retained.still != null
        menu.findItem(R.id.freeze).setTitle(if (session.frozen) R.string.resume else R.string.freeze).isVisible = !still
        menu.findItem(R.id.back_to_camera).isVisible = still
        menu.findItem(R.id.switch_camera).isVisible = !still
        menu.findItem(R.id.about_file).isEnabled = session.pipeline != null
        return true
    }

    override fun onOptionsItemSelected(item: MenuItem): Boolean {
        when (item.itemId) {
            R.id.freeze -> freeze(!session.frozen)
            R.id.choose_artifacts -> artifacts.choose()
            R.id.switch_camera -> switchCamera()
            R.id.open_picture -> pictures.open()
            R.id.back_to_camera -> backToCamera()
            R.id.save -> keep(pictures::save)
            R.id.share -> keep(pictures::share)
            R.id.threads -> chooseThreads()
            R.id.about_file -> showAbout()
            else -> return super.onOptionsItemSelected(item)
        }
        return true
    }

    /** Starts and stops camera and models, and shows or hides views, by the current state. */
    private fun update() {
        val input = session.pipeline?.manifests?.first()?.input?.size
        val live = resumed && retained.still == null && !session.frozen && (trouble ?: lacking) == null
        if (live && input != null) camera.start(input) else camera.stop()
        render()
    }

    private fun render() {
        views.notice(notice()) { remedy -> apply(remedy) }
        invalidateOptionsMenu()
    }

    private fun notice(): Notice? {
        session.refusal?.let {
            return noticeOf(resources, it)
        }
        (lacking ?: trouble)?.let {
            return it
        }
        return if (session.pipeline == null) Notice(getString(R.string.loading), "", null) else null
    }

    private fun apply(remedy: Remedy) =
        when (remedy) {
            Remedy.GRANT -> camera.grant()
            Remedy.TRY_AGAIN -> retry()
            Remedy.OPEN_ARTIFACT -> artifacts.pick()
            Remedy.OPEN_PICTURE -> pictures.open()
        }

    private fun retry() {
        trouble = null
        update()
    }

    private fun say(notice: Notice) {
        trouble = notice
        update()
    }

    private fun onCameraTrouble(found: CameraTrouble) {
        if (resumed) say(noticeOf(resources, found))
    }

    private fun showOnly(number: Int) {
        session.showOnly(number)
    }

    private fun showStill(picture: StillPicture) {
        retained.still = picture
        trouble = null
        session.picture(picture.argb, picture.size)
        update()
    }

    private fun backToCamera() {
        retained.still = null
        freeze(false)
    }

    private fun freeze(frozen: Boolean) {
        session.frozen = frozen
        update()
    }

    private fun switchCamera() {
        retained.front = !retained.front
        camera.stop()
        retry()
    }

    private fun keep(action: (Bitmap) -> Unit) {
        val picture = views.picture.capture()
        if (picture == null) Toast.makeText(this, R.string.nothing_to_keep, Toast.LENGTH_LONG).show()
        else action(picture)
    }

    private fun chooseThreads() {
        val counts = (1..Runtime.getRuntime().availableProcessors()).toList()
        val names = counts.map { resources.getQuantityString(R.plurals.thread_count, it, it) }.toTypedArray()
        AlertDialog.Builder(this)
            .setTitle(R.string.threads)
            .setItems(names) { _, which -> if (session.files.isNotEmpty()) reload(counts[which]) }
            .show()
    }

    private fun reload(threads: Int) {
        camera.stop()
        artifacts.load(session.files, threads)
        render()
    }

    private fun showAbout() {
        val pipeline = session.pipeline ?: return
        val text = pipeline.manifests.joinToString("\n\n——\n\n") { about(resources, it) }
        AlertDialog.Builder(this)
            .setTitle(R.string.about_file)
            .setMessage(text)
            .setPositiveButton(R.string.close, null)
            .show()
    }

    private val refresh =
        object : Runnable {
            override fun run() {
                val pipeline = session.pipeline
                if (pipeline != null)
                    views.figures(pipeline, session.threads, thermalStatus(this@MainActivity), !camera.running)
                main.postDelayed(this, REFRESH_MS)
            }
        }

    private inner class OpacityListener : SeekBar.OnSeekBarChangeListener {
        override fun onProgressChanged(bar: SeekBar, progress: Int, fromUser: Boolean) {
            views.picture.opacity = progress.toFloat() / bar.max
        }

        override fun onStartTrackingTouch(bar: SeekBar) = Unit

        override fun onStopTrackingTouch(bar: SeekBar) = Unit
    }

    private companion object {
        const val REFRESH_MS = 500L
    }
}
