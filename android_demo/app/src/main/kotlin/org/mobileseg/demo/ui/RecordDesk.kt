package org.mobileseg.demo.ui

import android.app.Activity
import android.widget.Toast
import java.io.IOException
import org.mobileseg.demo.R
import org.mobileseg.demo.video.Recorder

/** Records the picture with its overlay, and asks where to save the recording. On the main thread. */
internal class RecordDesk(
    private val activity: Activity,
    private val picture: SegmentationView,
    private val keep: KeepDesk,
) {
    private var recorder: Recorder? = null

    val running: Boolean
        get() = recorder != null

    /** Starts; without a picture there is nothing to record. */
    fun start() {
        val size = picture.recordedSize ?: return say(activity.getString(R.string.nothing_to_keep))
        val file = Kept.RECORDING.at(activity)
        file.parentFile?.mkdirs()
        try {
            recorder = Recorder(file, size)
        } catch (error: IOException) {
            say(activity.getString(R.string.picture_not_saved, error.message))
        }
    }

    /** The picture has changed. */
    fun onScene() {
        val running = recorder ?: return
        try {
            running.add(picture::drawWhole)
        } catch (error: IllegalStateException) { // the encoder is gone
            stop(save = false)
            say(activity.getString(R.string.picture_not_saved, error.message))
        }
    }

    /** Ends it; [save]: and asks where to save it. */
    fun stop(save: Boolean) {
        val ended = recorder ?: return
        recorder = null
        ended.close()
        val file = Kept.RECORDING.at(activity)
        if (save && file.isFile) keep.save(Kept.RECORDING) { into -> file.inputStream().use { it.copyTo(into) } }
    }

    private fun say(words: String) = Toast.makeText(activity, words, Toast.LENGTH_LONG).show()
}
