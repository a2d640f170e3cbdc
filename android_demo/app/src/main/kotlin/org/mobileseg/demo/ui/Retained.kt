package org.mobileseg.demo.ui

import android.content.Context
import android.os.Handler
import android.os.HandlerThread
import android.os.Looper
import java.io.File
import java.util.concurrent.Executor
import org.mobileseg.demo.artifact.ArtifactStore
import org.mobileseg.demo.manifest.Size

/** A picture from storage: opaque ARGB, row-major. */
class StillPicture(val argb: IntArray, val size: Size)

/** What a screen hands to the next one when the device is turned: threads, models, and what was looked at. */
class Retained(context: Context) {
    private val modelThread = HandlerThread("model").apply { start() }
    private val controlThread = HandlerThread("camera").apply { start() }

    /** The one thread on which models run; files are read there, too. */
    val model: Handler = Handler(modelThread.looper)

    /** Drives the camera. */
    val control: Handler = Handler(controlThread.looper)
    val session: LiveSession = LiveSession(model.asExecutor(), Handler(Looper.getMainLooper()).asExecutor())
    val store: ArtifactStore = ArtifactStore(File(context.filesDir, "artifacts"))

    /** The picture that is looked at instead of the camera's. */
    var still: StillPicture? = null
    var front: Boolean = false
    var askedForCamera: Boolean = false

    fun close() {
        session.close()
        control.post {
            modelThread.quitSafely()
        } // after a camera that is being closed, which ends on the model's thread
        controlThread.quitSafely()
    }
}

private fun Handler.asExecutor(): Executor = Executor { post(it) }
