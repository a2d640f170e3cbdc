package org.mobileseg.demo.ui

import android.content.Context
import android.net.Uri
import android.os.Bundle
import android.os.Handler
import android.os.HandlerThread
import android.os.Looper
import java.io.File
import java.util.concurrent.Executor
import org.mobileseg.demo.artifact.ArtifactStore
import org.mobileseg.demo.manifest.Size

/** A picture from storage: opaque ARGB, row-major; [uri]: where it is read again after the process has ended. */
class StillPicture(val argb: IntArray, val size: Size, val uri: String = "")

/** What is kept when the device is rotated: threads, models, and the current picture. */
class Retained(context: Context) {
    private val modelThread = HandlerThread("model").apply { start() }
    private val controlThread = HandlerThread("camera").apply { start() }

    /** The single thread for models and for reading files. */
    val model: Handler = Handler(modelThread.looper)

    /** Drives the camera. */
    val control: Handler = Handler(controlThread.looper)
    val session: LiveSession = LiveSession(model.asExecutor(), Handler(Looper.getMainLooper()).asExecutor())
    val store: ArtifactStore = ArtifactStore(File(context.filesDir, "artifacts"))

    /** The picture shown instead of the camera. */
    var still: StillPicture? = null

    /** The video that is played instead of the camera. */
    var video: Uri? = null
    var front: Boolean = false
    var askedForCamera: Boolean = false

    /** For [restore], after the process has ended, as the system does with apps in the background. */
    fun save(state: Bundle) {
        state.putBoolean(FRONT, front)
        state.putBoolean(ASKED, askedForCamera)
        still?.let { state.putString(STILL, it.uri) }
        video?.let { state.putString(VIDEO, it.toString()) }
    }

    /** What [save] has kept; returns the picture that is to be read again, null if none was shown. */
    fun restore(state: Bundle): Uri? {
        front = state.getBoolean(FRONT)
        askedForCamera = state.getBoolean(ASKED)
        video = state.getString(VIDEO)?.let(Uri::parse)
        return state.getString(STILL)?.let(Uri::parse)
    }

    fun close() {
        session.close()
        control.post {
            modelThread.quitSafely()
        } // after the closing of a camera, which ends on the model's thread
        controlThread.quitSafely()
    }

    private companion object {
        const val FRONT = "front"
        const val ASKED = "asked"
        const val STILL = "still"
        const val VIDEO = "video"
    }
}

private fun Handler.asExecutor(): Executor = Executor { post(it) }
