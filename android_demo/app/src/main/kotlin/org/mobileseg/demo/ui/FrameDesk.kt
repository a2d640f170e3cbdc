package org.mobileseg.demo.ui

import android.app.Activity
import android.content.Intent
import android.net.Uri
import org.mobileseg.demo.manifest.Size

/**
 * Where the models' frames come from: the camera, a picture or a video. Starts and stops them by the current state;
 * [onChange] is called when that has changed, [onEnd] after the last frame of a video.
 */
internal class FrameDesk(
    private val activity: Activity,
    private val retained: Retained,
    private val onChange: () -> Unit,
    private val onEnd: (Long) -> Unit,
) {
    private val session: LiveSession
        get() = retained.session

    val camera = CameraDesk(activity, retained) { if (resumed) say(noticeOf(activity.resources, it)) }
    val pictures = PictureDesk(activity, retained, ::showStill) { say(unreadable(activity.resources, it)) }
    val video = VideoDesk(activity, retained, ::onVideoEnded) { say(unplayable(activity.resources, it)) }

    private var resumed = false

    /** Of the camera, a picture or a video; retried whenever the screen returns to the front. */
    var trouble: Notice? = null
        private set

    /** Whether a picture or a video takes the camera's place. */
    val stored: Boolean
        get() = retained.still != null || retained.video != null

    /** Whether frames follow each other. */
    val running: Boolean
        get() = camera.running || video.running

    /** The screen is in front. */
    fun resume() {
        resumed = true
        trouble = null
    }

    fun pause() {
        resumed = false
        stop()
    }

    /** No frames until the next [update]. */
    fun stop() {
        camera.stop()
        video.stop()
    }

    /** Frames for a network with this [input], unless something is in their way; null stops them. */
    fun update(input: Size?) {
        val live = resumed && retained.still == null && !session.frozen && trouble == null
        val file = retained.video
        if (live && input != null && file == null) camera.start(input) else camera.stop()
        if (live && input != null && file != null) video.start(file) else video.stop()
    }

    fun retry() {
        trouble = null
        onChange()
    }

    fun freeze(frozen: Boolean) {
        session.frozen = frozen
        onChange()
    }

    fun switchCamera() {
        retained.front = !retained.front
        camera.stop()
        retry()
    }

    fun backToCamera() {
        if (retained.video != null) session.pipeline?.restart()
        retained.still = null
        retained.video = null
        freeze(false)
    }

    /** What the user has picked; false if [request] is not one of these. */
    fun onPicked(request: Int, data: Intent?): Boolean {
        val uri = data?.data
        when (request) {
            PictureDesk.REQUEST -> uri?.let(pictures::onOpened)
            VideoDesk.REQUEST -> uri?.let(::showVideo)
            else -> return false
        }
        return true
    }

    private fun say(notice: Notice) {
        trouble = notice
        onChange()
    }

    private fun showStill(picture: StillPicture) {
        retained.video = null
        retained.still = picture
        session.picture(picture.argb, picture.size)
        retry()
    }

    private fun showVideo(uri: Uri) {
        video.stop()
        retained.still = null
        retained.video = uri
        session.frozen = false
        retry()
    }

    /** The last frame stays, with the figures of the whole video; Resume plays it again. */
    private fun onVideoEnded(frames: Long) {
        freeze(true)
        onEnd(frames)
    }
}
