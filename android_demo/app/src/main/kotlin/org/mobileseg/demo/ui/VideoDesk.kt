package org.mobileseg.demo.ui

import android.app.Activity
import android.content.Intent
import android.net.Uri
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.video.VideoListener
import org.mobileseg.demo.video.VideoSource

/** Plays a video file from storage through the models. [onEnd] and [onTrouble] are called on the main thread. */
internal class VideoDesk(
    private val activity: Activity,
    private val retained: Retained,
    private val onEnd: (Long) -> Unit,
    private val onTrouble: (String) -> Unit,
) {
    private var source: VideoSource? = null

    val running: Boolean
        get() = source != null

    fun pick() {
        val intent = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("video/*")
        activity.startActivityForResult(intent, REQUEST)
    }

    /** Plays it from its first frame, unless it is playing; every figure begins again. */
    fun start(uri: Uri) {
        if (source != null) return
        retained.session.pipeline?.restart()
        source = VideoSource(activity.applicationContext, uri, retained.model, Listener()).also(VideoSource::open)
    }

    fun stop() {
        source?.close()
        source = null
    }

    private inner class Listener : VideoListener {
        override fun onFrame(frame: YuvFrame, orientation: Orientation) = retained.session.frame(frame, orientation)

        override fun onEnd(frames: Long) = activity.runOnUiThread {
            source = null
            this@VideoDesk.onEnd(frames)
        }

        override fun onTrouble(reason: String) = activity.runOnUiThread {
            source = null
            this@VideoDesk.onTrouble(reason)
        }
    }

    companion object {
        const val REQUEST: Int = 5
    }
}
