package org.mobileseg.demo.camera

import android.content.Context
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Picture
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.Yuv
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.manifest.Size
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowCameraCharacteristics
import org.robolectric.shadows.ShadowCameraManager

/** A camera that says no: why, [refusal] tells. */
@Implements(CameraManager::class)
class RefusingCameraManager : ShadowCameraManager() {
    @Implementation
    fun openCamera(id: String, callback: CameraDevice.StateCallback, handler: Handler?) {
        when (val code = refusal) {
            null -> throw SecurityException("$id: permission taken away, $callback $handler")
            else -> throw CameraAccessException(code)
        }
    }

    companion object {
        var refusal: Int? = null
    }
}

@RunWith(RobolectricTestRunner::class)
@Config(shadows = [PushedImageReader::class])
class CameraSourceRoboTest {
    private val manager = RuntimeEnvironment.getApplication().getSystemService(Context.CAMERA_SERVICE) as CameraManager
    private val control = HandlerThread("control").apply { start() }
    private val model = HandlerThread("model").apply { start() }
    private val frames = CopyOnWriteArrayList<Size>()
    private val troubles = CopyOnWriteArrayList<CameraTrouble>()
    private val small =
        FakeFrame(Yuv.of(Picture(Size(8, 12), IntArray(96))), Orientation(90, false), chromaStride = 2, padding = 4)

    private val source =
        CameraSource(
            manager,
            Handler(control.looper),
            Handler(model.looper),
            object : CameraListener {
                override fun onFrame(camera: CameraInfo, frame: YuvFrame) {
                    frames += frame.size
                }

                override fun onTrouble(trouble: CameraTrouble) {
                    troubles += trouble
                }
            },
        )

    @After
    fun quit() {
        control.quit()
        model.quit()
    }

    @Test
    fun `frames come until the camera is closed`() {
        open()
        val image = FakeImage(small)
        PushedImageReader.last.push(image)
        settle()
        assertEquals(listOf(Size(12, 8)), frames)
        assertEquals(1, image.closes)
        source.close()
        settle()
        assertTrue(PushedImageReader.last.closed)
        assertTrue(troubles.isEmpty())
    }

    @Test
    fun `only the newest waiting frame is processed, and all are closed`() {
        open()
        val images = List(5) { FakeImage(small) }
        whileBusy { images.forEach(PushedImageReader.last::push) }
        settle()
        assertEquals(1, frames.size)
        assertTrue(images.all { it.closes == 1 })
    }

    @Test
    fun `thousands of frames, none lost`() {
        open()
        val images = List(3000) { FakeImage(small) }
        for (three in images.chunked(3)) {
            whileBusy { three.forEach(PushedImageReader.last::push) }
            settle()
        }
        assertEquals(1000, frames.size)
        assertTrue(images.all { it.closes == 1 })
        assertEquals(2, PushedImageReader.last.capacity)
    }

    @Test
    fun `an image is closed when its frame fails`() {
        val reader = ImageReader.newInstance(12, 8, ImageFormat.YUV_420_888, 2)
        val image = FakeImage(small)
        PushedImageReader.last.queue(image)
        val failing = FrameReader { error("as a runtime may") }
        assertThrows(IllegalStateException::class.java) { failing.onImageAvailable(reader) }
        assertEquals(1, image.closes)
    }

    @Test
    fun `a disconnected camera is reported once`() {
        open()
        shadowOf(manager).triggerDisconnect()
        settle()
        assertEquals(listOf(CameraTrouble.LOST), troubles)
        assertTrue(PushedImageReader.last.closed)
    }

    @Test
    fun `no camera at all`() {
        source.open(front = false, Size(8, 8))
        settle()
        assertEquals(listOf(CameraTrouble.NONE), troubles)
    }

    @Test
    @Config(shadows = [RefusingCameraManager::class, PushedImageReader::class])
    fun `every camera error is mapped`() {
        addCamera()
        val expected =
            mapOf(
                CameraAccessException.CAMERA_IN_USE to CameraTrouble.IN_USE,
                CameraAccessException.MAX_CAMERAS_IN_USE to CameraTrouble.IN_USE,
                CameraAccessException.CAMERA_DISABLED to CameraTrouble.DISABLED,
                CameraAccessException.CAMERA_DISCONNECTED to CameraTrouble.LOST,
                CameraAccessException.CAMERA_ERROR to CameraTrouble.FAILED,
                null to CameraTrouble.PERMISSION,
            )
        for ((code, wanted) in expected) {
            RefusingCameraManager.refusal = code
            val heard = mutableListOf<CameraTrouble>()
            val listener =
                object : CameraListener {
                    override fun onFrame(camera: CameraInfo, frame: YuvFrame) = Unit

                    override fun onTrouble(trouble: CameraTrouble) {
                        heard += trouble
                    }
                }
            CameraSource(manager, Handler(control.looper), Handler(model.looper), listener)
                .open(front = false, Size(8, 8))
            settle()
            assertEquals(listOf(wanted), heard)
            assertTrue(PushedImageReader.last.closed)
        }
        assertEquals(CameraTrouble.IN_USE, troubleOf(CameraDevice.StateCallback.ERROR_CAMERA_IN_USE))
        assertEquals(CameraTrouble.DISABLED, troubleOf(CameraDevice.StateCallback.ERROR_CAMERA_DISABLED))
        assertEquals(CameraTrouble.FAILED, troubleOf(CameraDevice.StateCallback.ERROR_CAMERA_DEVICE))
    }

    @Test
    fun `closing before it is open`() {
        addCamera()
        source.open(front = false, Size(8, 8))
        source.close()
        settle()
        assertTrue(frames.isEmpty() && troubles.isEmpty() && PushedImageReader.last.closed)
    }

    /** The model's thread is at work as long as [action] runs. */
    private fun whileBusy(action: () -> Unit) {
        val done = CountDownLatch(1)
        Handler(model.looper).post { done.await() }
        action()
        done.countDown()
    }

    private fun open() {
        addCamera()
        source.open(front = false, Size(8, 8))
        settle()
    }

    private fun addCamera() = addCamera("0", CameraCharacteristics.LENS_FACING_BACK, 90)

    private fun settle() =
        repeat(4) {
            shadowOf(control.looper).idle()
            shadowOf(model.looper).idle()
        }
}

/** A camera for Robolectric's manager. */
fun addCamera(id: String, facing: Int, sensorDegrees: Int) {
    val manager = RuntimeEnvironment.getApplication().getSystemService(Context.CAMERA_SERVICE) as CameraManager
    val facts = ShadowCameraCharacteristics.newCameraCharacteristics()
    shadowOf(facts).set(CameraCharacteristics.LENS_FACING, facing)
    shadowOf(facts).set(CameraCharacteristics.SENSOR_ORIENTATION, sensorDegrees)
    shadowOf(manager).addCamera(id, facts)
}
