package org.mobileseg.demo.camera

import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import org.mobileseg.demo.manifest.Size

/** All cameras of the device with a known facing. Throws [CameraAccessException]. */
internal fun CameraManager.describe(): List<CameraInfo> = cameraIdList.mapNotNull { id ->
    val facts = getCameraCharacteristics(id)
    val facing = facts[CameraCharacteristics.LENS_FACING] ?: return@mapNotNull null
    val sizes = facts[CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP]?.getOutputSizes(ImageFormat.YUV_420_888)
    CameraInfo(
        id = id,
        front = facing == CameraCharacteristics.LENS_FACING_FRONT,
        sensorDegrees = facts[CameraCharacteristics.SENSOR_ORIENTATION] ?: 0,
        sizes = sizes.orEmpty().map { Size(it.height, it.width) },
        focusModes = facts[CameraCharacteristics.CONTROL_AF_AVAILABLE_MODES]?.toList().orEmpty(),
    )
}

internal fun troubleOf(error: CameraAccessException): CameraTrouble =
    when (error.reason) {
        CameraAccessException.CAMERA_IN_USE,
        CameraAccessException.MAX_CAMERAS_IN_USE -> CameraTrouble.IN_USE
        CameraAccessException.CAMERA_DISABLED -> CameraTrouble.DISABLED
        CameraAccessException.CAMERA_DISCONNECTED -> CameraTrouble.LOST
        else -> CameraTrouble.FAILED
    }

/** The trouble for an error code of `CameraDevice.StateCallback.onError`. */
internal fun troubleOf(code: Int): CameraTrouble =
    when (code) {
        CameraDevice.StateCallback.ERROR_CAMERA_IN_USE,
        CameraDevice.StateCallback.ERROR_MAX_CAMERAS_IN_USE -> CameraTrouble.IN_USE
        CameraDevice.StateCallback.ERROR_CAMERA_DISABLED -> CameraTrouble.DISABLED
        else -> CameraTrouble.FAILED
    }
