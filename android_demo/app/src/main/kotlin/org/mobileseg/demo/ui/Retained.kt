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
    var front: Boolean = false
    var askedForCamera: Boolean = false

    fun close() {
        session.close()
        control.post {
            modelThread.quitSafely()
        } // after the closing of a camera, which ends on the model's thread
        controlThread.quitSafely()
    }
}

private fun Handler.asExecutor(): Executor = Executor { post(it) }
