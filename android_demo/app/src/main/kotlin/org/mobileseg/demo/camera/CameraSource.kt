package org.mobileseg.demo.camera

import android.annotation.SuppressLint
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.media.ImageReader
import android.os.Handler
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.manifest.Size

/** Callbacks of a [CameraSource]. */
interface CameraListener {
    /** Called on the model's thread; [frame] is only valid during the call. */
    fun onFrame(camera: CameraInfo, frame: YuvFrame)

    /** Called on the control thread; no frames follow. */
    fun onTrouble(trouble: CameraTrouble)
}

/**
 * One use of one camera, from [open] to [close]. The device is controlled on [control]; frames arrive on [model], the
 * newest one whenever the model is free. Two images are enough: one in use, one waiting.
 */
class CameraSource(
    private val manager: CameraManager,
    private val control: Handler,
    private val model: Handler,
    private val listener: CameraListener,
) {
    private var device: CameraDevice? = null
    private var session: CameraCaptureSession? = null
    private var frames: FrameReader? = null
    private var reader: ImageReader? = null
    private var closed = false

    /** Starts frames about as large as [input] from the camera that faces the requested way. */
    fun open(front: Boolean, input: Size) {
        control.post { guarded { start(front, input) } }
    }

    /** Stops the frames at once; the device is released a little later. */
    fun close() {
        control.post { stop() }
    }

    @SuppressLint(
        "MissingPermission"
    ) // the screen asks for it; if it is revoked, the SecurityException below is thrown
    private fun start(front: Boolean, input: Size) {
        val camera = chooseCamera(manager.describe(), front) ?: return fail(CameraTrouble.NONE)
        val size = chooseFrame(camera.sizes, input) ?: DEFAULT
        val images = ImageReader.newInstance(size.width, size.height, ImageFormat.YUV_420_888, IMAGES)
        val taken = FrameReader { listener.onFrame(camera, it) }
        images.setOnImageAvailableListener(taken, model)
        frames = taken
        reader = images
        manager.openCamera(camera.id, deviceCallback(images, chooseFocus(camera.focusModes)), control)
    }

    private fun deviceCallback(images: ImageReader, focus: Int?) =
        object : CameraDevice.StateCallback() {
            override fun onOpened(camera: CameraDevice) {
                if (closed) return camera.close()
                device = camera
                guarded {
                    @Suppress("DEPRECATION") // its replacement is newer than the oldest supported Android
                    camera.createCaptureSession(listOf(images.surface), sessionCallback(camera, images, focus), control)
                }
            }

            override fun onDisconnected(camera: CameraDevice) {
                camera.close()
                fail(CameraTrouble.LOST)
            }

            override fun onError(camera: CameraDevice, error: Int) {
                camera.close()
                fail(troubleOf(error))
            }
        }

    private fun sessionCallback(camera: CameraDevice, images: ImageReader, focus: Int?) =
        object : CameraCaptureSession.StateCallback() {
            override fun onConfigured(configured: CameraCaptureSession) {
                if (closed) return
                session = configured
                guarded {
                    val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
                    request.addTarget(images.surface)
                    if (focus != null) request.set(CaptureRequest.CONTROL_AF_MODE, focus)
                    configured.setRepeatingRequest(request.build(), null, control)
                }
            }

            override fun onConfigureFailed(failed: CameraCaptureSession) = fail(CameraTrouble.FAILED)
        }

    private inline fun guarded(action: () -> Unit) {
        if (closed) return
        try {
            action()
        } catch (error: CameraAccessException) {
            fail(troubleOf(error))
        } catch (_: SecurityException) {
            fail(CameraTrouble.PERMISSION)
        } catch (_: IllegalStateException) { // the device was disconnected between two calls
            fail(CameraTrouble.LOST)
        } catch (_: IllegalArgumentException) { // the camera rejects a configuration that it offered
            fail(CameraTrouble.FAILED)
        }
    }

    private fun fail(trouble: CameraTrouble) {
        if (closed) return
        stop()
        listener.onTrouble(trouble)
    }

    private fun stop() {
        if (closed) return
        closed = true
        session?.close()
        device?.close()
        val taken = frames
        val images = reader
        if (taken != null && images != null) model.post { taken.close(images) }
    }

    private companion object {
        const val IMAGES = 2
        val DEFAULT = Size(480, 640)
    }
}
