package org.mobileseg.demo.ui

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.view.Menu
import android.view.MenuItem
import android.widget.Toast
import java.text.NumberFormat
import org.mobileseg.demo.R
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.pipeline.Pipeline

/**
 * The main screen: connects the desks (frames, artifacts, what is kept), the session with the models, and the views.
 */
class MainActivity : Activity(), LiveListener {
    internal lateinit var retained: Retained
        private set

    private lateinit var frames: FrameDesk
    private lateinit var artifacts: ArtifactDesk
    private lateinit var keep: KeepDesk
    private lateinit var recording: RecordDesk
    private lateinit var menu: MainMenu
    private lateinit var views: MainViews
    private val back = BackWay(this) { frames.backToCamera() }
    private val main = Handler(Looper.getMainLooper())
    private val session: LiveSession
        get() = retained.session

    /** Why there is no model, or not the selected one. */
    private var lacking: Notice? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.main)
        val before = lastNonConfigurationInstance as? Retained
        retained = before ?: Retained(applicationContext)
        connect()
        if (before == null) {
            state?.let(retained::restore)?.let(frames.pictures::onOpened)
            artifacts.loadChosen()
        } else if (session.pipeline != null) onScene()
        render()
    }

    private fun connect() {
        views = MainViews(this)
        keepClear(findViewById(R.id.root))
        views.legend.onChoice = session::showOnly
        views.legend.onLong = { hideSmall(this, session, it) }
        frames = FrameDesk(this, retained, ::update, ::onVideoEnded)
        artifacts =
            ArtifactDesk(this, retained) { refusal ->
                lacking = refusal?.let { noticeOf(resources, it) } ?: noArtifact(resources)
                update()
            }
        keep = KeepDesk(this, retained)
        recording = RecordDesk(this, views.picture, keep)
        menu = MainMenu(this, retained, frames, artifacts, keep, recording, views.picture)
        session.listener = this
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        retained.save(state)
    }

    override fun onResume() {
        super.onResume()
        frames.resume()
        session.checkFiles()
        update()
        main.post(refresh)
    }

    override fun onPause() {
        recording.stop(save = !isChangingConfigurations && !isFinishing)
        frames.pause()
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
        frames.stop()
        views.clear()
        render()
    }

    override fun onScene() {
        val scene = session.pipeline?.scenes?.take() ?: return
        if (scene.frame == 0L) return
        views.show(scene)
        recording.onScene()
    }

    override fun onRequestPermissionsResult(request: Int, permissions: Array<String>, results: IntArray) {
        if (request == CameraDesk.REQUEST) frames.retry()
    }

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        if (result != RESULT_OK || frames.onPicked(request, data)) return
        when (request) {
            ArtifactDesk.REQUEST -> artifacts.onPicked(data)
            KeepDesk.REQUEST -> data?.data?.let(keep::onPlaceChosen)
        }
    }

    override fun onCreateOptionsMenu(menu: Menu): Boolean {
        menuInflater.inflate(R.menu.main, menu)
        return true
    }

    override fun onPrepareOptionsMenu(menu: Menu): Boolean {
        this.menu.prepare(menu)
        return true
    }

    override fun onOptionsItemSelected(item: MenuItem): Boolean =
        menu.select(item.itemId) || super.onOptionsItemSelected(item)

    @Deprecated("Only called before Android 13")
    override fun onBackPressed() {
        @Suppress("DEPRECATION") // its replacement is newer than the oldest supported Android
        if (frames.stored) frames.backToCamera() else super.onBackPressed()
    }

    /** Starts and stops camera and models, and shows or hides views, by the current state. */
    private fun update() {
        frames.update(if (lacking == null) session.pipeline?.manifests?.first()?.input?.size else null)
        render()
    }

    private fun render() {
        back.take(frames.stored)
        views.notice(notice(), ::apply)
        invalidateOptionsMenu()
    }

    private fun notice(): Notice? {
        session.refusal?.let {
            return noticeOf(resources, it)
        }
        (lacking ?: frames.trouble)?.let {
            return it
        }
        return if (session.pipeline == null) Notice(getString(R.string.loading), "", null) else null
    }

    private fun apply(remedy: Remedy) =
        when (remedy) {
            Remedy.GRANT -> frames.camera.grant()
            Remedy.TRY_AGAIN -> frames.retry()
            Remedy.OPEN_ARTIFACT -> artifacts.pick()
            Remedy.OPEN_PICTURE -> frames.pictures.open()
            Remedy.OPEN_VIDEO -> frames.video.pick()
        }

    private fun onVideoEnded(count: Long) {
        recording.stop(save = true)
        val words = getString(R.string.video_ended, NumberFormat.getInstance().format(count))
        Toast.makeText(this, words, Toast.LENGTH_LONG).show()
    }

    private val refresh =
        object : Runnable {
            override fun run() {
                session.pipeline?.let {
                    views.figures(it, session.threads, Heat.of(this@MainActivity), !frames.running)
                }
                main.postDelayed(this, REFRESH_MS)
            }
        }

    private companion object {
        const val REFRESH_MS = 500L
    }
}
