package org.mobileseg.demo.engine

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.junit.runners.Parameterized
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.Window
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.image.agreement
import org.mobileseg.demo.manifest.Size

/** From a camera's frame to classes. */
@RunWith(Parameterized::class)
class FrameTest(private val name: String) {
    /**
     * Python's map of the same 4:2:0 planes, resized as they lie on a sensor that is turned by `number` quarters: int8
     * files answer to the order of two passes of a resize, 0.00006 of 255, with up to 3 % of the pixels. Turn, strides
     * and padding are the app's to undo.
     */
    @Test
    fun `a camera's frame gives Python's classes in at least 97 of 100 pixels`() {
        Fixtures.artifact(name)
            .run { Segmenter.open(file, manifest, threads = 1) }
            .use { segmenter ->
                for (number in 0 until Fixtures.IMAGES) {
                    val orientation = Orientation(90 * (number % 4), mirrored = false)
                    val frame = FakeFrame(Fixtures.frame(number), orientation, 1 + number % 2, padding = 20)
                    segmenter.input.fill(YuvFrame().also(frame::fill), orientation)
                    segmenter.infer()
                    val map = ByteArray(segmenter.manifest.input.size.area).also(segmenter::classify)
                    val same = agreement(map, Fixtures.classesOfFrame(name, number), 256, Window(0, 0, Size(192, 256)))
                    assertTrue("$name, street $number, $orientation: $same", same >= 0.97f)
                }
            }
        assertEquals(6, Fixtures.WITH_FRAMES.size)
    }

    companion object {
        @JvmStatic @Parameterized.Parameters(name = "{0}") fun files(): List<String> = Fixtures.WITH_FRAMES
    }
}
