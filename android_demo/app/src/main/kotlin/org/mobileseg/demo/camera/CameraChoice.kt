package org.mobileseg.demo.camera

import android.hardware.camera2.CameraMetadata
import kotlin.math.max
import kotlin.math.min
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.manifest.Size

/**
 * A camera. [sensorDegrees]: clockwise rotation that makes its frames upright on a device in its natural orientation;
 * [sizes]: of its YUV frames; [focusModes]: values of CONTROL_AF_MODE that it has.
 */
data class CameraInfo(
    val id: String,
    val front: Boolean,
    val sensorDegrees: Int,
    val sizes: List<Size>,
    val focusModes: List<Int> = emptyList(),
)

/** Why there are no frames. */
enum class CameraTrouble {
    PERMISSION,
    NONE,
    IN_USE,
    DISABLED,
    LOST,
    FAILED,
}

/** The first camera that faces the requested way, else the first one; null if there is none. */
fun chooseCamera(cameras: List<CameraInfo>, front: Boolean): CameraInfo? =
    cameras.firstOrNull { it.front == front } ?: cameras.firstOrNull()

/**
 * The smallest frame that is at least as large as the model's [input] in either orientation, else the largest. Null
 * without sizes.
 */
fun chooseFrame(sizes: List<Size>, input: Size): Size? {
    val (short, long) = min(input.height, input.width) to max(input.height, input.width)
    val enough = sizes.filter { min(it.height, it.width) >= short && max(it.height, it.width) >= long }
    return enough.minByOrNull(Size::area) ?: sizes.maxByOrNull(Size::area)
}

/** The focus that follows what is seen, of [modes]; null if the camera has none, such as one with a fixed focus. */
fun chooseFocus(modes: List<Int>): Int? =
    listOf(CameraMetadata.CONTROL_AF_MODE_CONTINUOUS_VIDEO, CameraMetadata.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
        .firstOrNull { it in modes }

/**
 * The orientation that makes frames upright on a display rotated by [displayDegrees] counter-clockwise from its natural
 * position, as `Display.getRotation` reports it. Pictures of a front camera are mirrored.
 */
fun orientationOf(camera: CameraInfo, displayDegrees: Int): Orientation {
    val sign = if (camera.front) 1 else -1
    return Orientation((camera.sensorDegrees + sign * displayDegrees + FULL_TURN) % FULL_TURN, mirrored = camera.front)
}

private const val FULL_TURN = 360
