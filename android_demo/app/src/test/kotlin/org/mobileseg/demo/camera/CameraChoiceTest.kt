package org.mobileseg.demo.camera

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.manifest.Size

class CameraChoiceTest {
    private val back = CameraInfo("0", front = false, sensorDegrees = 90, sizes = emptyList())
    private val front = CameraInfo("1", front = true, sensorDegrees = 270, sizes = emptyList())

    @Test
    fun `the camera facing the requested way, else another`() {
        assertEquals(front, chooseCamera(listOf(back, front), front = true))
        assertEquals(back, chooseCamera(listOf(back, front), front = false))
        assertEquals(back, chooseCamera(listOf(back), front = true))
        assertNull(chooseCamera(emptyList(), front = true))
    }

    @Test
    fun `the smallest frame that is large enough in either orientation`() {
        val sizes = listOf(Size(1080, 1920), Size(480, 640), Size(720, 1280), Size(144, 176))
        assertEquals(Size(480, 640), chooseFrame(sizes, Size(384, 512)))
        assertEquals(Size(480, 640), chooseFrame(sizes, Size(640, 480)))
        assertEquals(Size(720, 1280), chooseFrame(sizes, Size(512, 512)))
        assertEquals(Size(1080, 1920), chooseFrame(sizes, Size(2000, 2000)))
        assertNull(chooseFrame(emptyList(), Size(384, 512)))
    }

    /** Android's CameraCharacteristics.SENSOR_ORIENTATION, for the usual phone. */
    @Test
    fun `frames are upright for every display rotation`() {
        assertEquals(listOf(90, 0, 270, 180), listOf(0, 90, 180, 270).map { orientationOf(back, it).degrees })
        assertEquals(listOf(270, 0, 90, 180), listOf(0, 90, 180, 270).map { orientationOf(front, it).degrees })
        assertEquals(Orientation(270, mirrored = true), orientationOf(front, 0))
    }

    @Test
    fun `the focus that follows, if the camera has one`() {
        assertEquals(3, chooseFocus(listOf(0, 1, 2, 3, 4))) // CONTROL_AF_MODE_CONTINUOUS_VIDEO
        assertEquals(4, chooseFocus(listOf(0, 1, 4)))
        assertNull(chooseFocus(listOf(0)))
        assertNull(chooseFocus(emptyList()))
    }
}
