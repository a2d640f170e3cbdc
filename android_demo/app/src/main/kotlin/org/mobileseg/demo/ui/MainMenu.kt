package org.mobileseg.demo.ui

import android.app.Activity
import android.graphics.Bitmap
import android.view.Menu
import android.widget.Toast
import org.mobileseg.demo.R

/** The main screen's menu: what it offers by the current state, and what its items do. */
internal class MainMenu(
    private val activity: Activity,
    private val retained: Retained,
    private val frames: FrameDesk,
    private val artifacts: ArtifactDesk,
    private val keep: KeepDesk,
    private val recording: RecordDesk,
    private val picture: SegmentationView,
) {
    private val session: LiveSession
        get() = retained.session

    fun prepare(menu: Menu) {
        menu.findItem(R.id.freeze).setTitle(if (session.frozen) R.string.resume else R.string.freeze).isVisible =
            retained.still == null
        menu.findItem(R.id.record).setTitle(if (recording.running) R.string.record_stop else R.string.record)
        menu.findItem(R.id.back_to_camera).isVisible = frames.stored
        menu.findItem(R.id.switch_camera).isVisible = !frames.stored
        for (item in listOf(R.id.card, R.id.share_report)) menu.findItem(item).isEnabled = session.pipeline != null
    }

    /** False for what is no item of this menu. */
    fun select(item: Int): Boolean {
        when (item) {
            R.id.freeze -> frames.freeze(!session.frozen)
            R.id.choose_artifacts -> artifacts.choose()
            R.id.switch_camera -> frames.switchCamera()
            R.id.open_picture -> frames.pictures.open()
            R.id.open_video -> frames.video.pick()
            R.id.back_to_camera -> frames.backToCamera()
            R.id.save -> capture { picture -> keep.save(Kept.PICTURE) { picture.writePng(it) } }
            R.id.share -> capture { picture -> keep.share(Kept.PICTURE) { picture.writePng(it) } }
            R.id.record -> record()
            R.id.share_report -> shareReport()
            R.id.threads -> if (session.files.isNotEmpty()) chooseThreads(activity, session.threads, ::reload)
            R.id.card -> activity.startActivity(CardActivity.intent(activity, session.files))
            else -> return false
        }
        return true
    }

    private fun capture(action: (Bitmap) -> Unit) {
        val shown = picture.capture()
        if (shown == null) Toast.makeText(activity, R.string.nothing_to_keep, Toast.LENGTH_LONG).show()
        else action(shown)
    }

    private fun record() {
        if (recording.running) recording.stop(save = true) else recording.start()
        activity.invalidateOptionsMenu()
    }

    private fun shareReport() {
        val pipeline = session.pipeline ?: return
        val (threads, source) = session.threads to sourceOf(activity, retained)
        val context = activity.applicationContext
        keep.share(Kept.REPORT) { it.write(reportOf(context, pipeline, source, threads).toByteArray()) }
    }

    private fun reload(threads: Int) {
        frames.stop()
        artifacts.load(session.files, threads)
        frames.retry()
    }
}
