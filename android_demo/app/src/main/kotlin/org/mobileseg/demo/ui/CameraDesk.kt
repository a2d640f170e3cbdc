package org.mobileseg.demo.ui

import android.Manifest.permission.CAMERA
import android.app.Activity
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.hardware.camera2.CameraManager
import android.hardware.display.DisplayManager
import android.net.Uri
import android.provider.Settings
import android.view.Surface
import org.mobileseg.demo.camera.CameraInfo
import org.mobileseg.demo.camera.CameraListener
import org.mobileseg.demo.camera.CameraSource
import org.mobileseg.demo.camera.CameraTrouble
import org.mobileseg.demo.camera.orientationOf
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.manifest.Size

/** Starts and stops the camera for a screen, and asks for its permission. [onTrouble] is called on the main thread. */
internal class CameraDesk(
    private val activity: Activity,
    private val retained: Retained,
    private val onTrouble: (CameraTrouble) -> Unit,
) {
    private var source: CameraSource? = null
    private val displays = activity.getSystemService(Context.DISPLAY_SERVICE) as DisplayManager
    @Volatile private var displayDegrees = 0

    val running: Boolean
        get() = source != null

    /**
     * Starts frames about as large as [input], unless they are running. Asks for the permission once; a denial is
     * reported as trouble.
     */
    fun start(input: Size) {
        if (source != null) return
        if (activity.checkSelfPermission(CAMERA) != PackageManager.PERMISSION_GRANTED) {
            if (retained.askedForCamera) onTrouble(CameraTrouble.PERMISSION) else ask()
            return
        }
        displayDegrees = degreesOf(activity)
        displays.registerDisplayListener(turns, null)
        val manager = activity.getSystemService(Context.CAMERA_SERVICE) as CameraManager
        source =
            CameraSource(manager, retained.control, retained.model, Listener()).also { it.open(retained.front, input) }
    }

    fun stop() {
        displays.unregisterDisplayListener(turns)
        source?.close()
        source = null
        retained.session.pipeline?.pause()
    }

    /** Opens the system's permission dialog, or its settings if the dialog is not shown any more. */
    fun grant() {
        if (retained.askedForCamera && !activity.shouldShowRequestPermissionRationale(CAMERA)) {
            val page = Uri.fromParts("package", activity.packageName, null)
            activity.startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, page))
        } else {
            ask()
        }
    }

    private fun ask() {
        retained.askedForCamera = true
        activity.requestPermissions(arrayOf(CAMERA), REQUEST)
    }

    /** From landscape to reverse landscape the screen is not recreated. */
    private val turns =
        object : DisplayManager.DisplayListener {
            override fun onDisplayChanged(display: Int) {
                displayDegrees = degreesOf(activity)
            }

            override fun onDisplayAdded(display: Int) = Unit

            override fun onDisplayRemoved(display: Int) = Unit
        }

    private inner class Listener : CameraListener {
        private var degrees = 0
        private var orientation: Orientation? = null // of [degrees], made once

        override fun onFrame(camera: CameraInfo, frame: YuvFrame) {
            val now = displayDegrees
            val turned = orientation?.takeIf { degrees == now } ?: orientationOf(camera, now).also { orientation = it }
            degrees = now
            retained.session.frame(frame, turned)
        }

        override fun onTrouble(trouble: CameraTrouble) {
            activity.runOnUiThread {
                source = null
                displays.unregisterDisplayListener(turns)
                this@CameraDesk.onTrouble(trouble)
            }
        }
    }

    companion object {
        const val REQUEST: Int = 1

        @Suppress("DEPRECATION") // Activity.getDisplay is newer than the oldest Android that the app runs on
        private fun degreesOf(activity: Activity): Int =
            when (activity.windowManager.defaultDisplay.rotation) {
                Surface.ROTATION_90 -> 90
                Surface.ROTATION_180 -> 180
                Surface.ROTATION_270 -> 270
                else -> 0
            }
    }
}
