package org.mobileseg.demo.engine

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.junit.runners.Parameterized
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.Picture
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.image.agreement

/** The app's own engines on exported files: .onnx in ONNX Runtime's JVM library, .pte in ExecuTorch behind a pipe. */
@RunWith(Parameterized::class)
class EngineTest(private val name: String) {
    @Test
    fun `class maps are Python's, pixel for pixel`() {
        for (number in 0 until Fixtures.IMAGES) {
            val picture = Picture.read(Fixtures.street(number))
            segmenter.input.fill(picture.argb, picture.size)
            val map = map()
            assertTrue("more than one class is seen", map.toSet().size > 2)
            assertArrayEquals("$name, street $number", Fixtures.classes(name, number), map)
        }
    }

    /** Python's map of the same 4:2:0 planes; the sensor's turn, strides and padding are the app's to undo. */
    @Test
    fun `a camera's frame gives Python's classes in at least 97 of 100 pixels`() {
        for (number in 0 until Fixtures.IMAGES) for ((degrees, stride) in listOf(0 to 1, 90 to 2, 180 to 1, 270 to 2)) {
            val map = mapOfFrame(number, Orientation(degrees, mirrored = false), stride)
            val agreement = agreement(map, Fixtures.classesOfFrame(name, number))
            assertTrue("$name, street $number, $degrees degrees: $agreement", agreement >= 0.97f)
        }
    }

    @Test
    fun `the same input gives the same classes again`() {
        val picture = Picture.read(Fixtures.street(0))
        segmenter.input.fill(picture.argb, picture.size)
        val first = map()
        repeat(3) { assertArrayEquals(first, map()) }
        assertEquals(segmenter.manifest.input.size.area, first.size)
    }

    private fun mapOfFrame(number: Int, orientation: Orientation, chromaStride: Int): ByteArray {
        val frame = FakeFrame(Fixtures.frame(number), orientation, chromaStride, padding = 20)
        segmenter.input.fill(YuvFrame().also(frame::fill), orientation)
        return map()
    }

    private fun map(): ByteArray =
        ByteArray(segmenter.manifest.input.size.area).also {
            segmenter.infer()
            segmenter.classify(it)
        }

    companion object {
        private lateinit var segmenter: Segmenter

        @JvmStatic
        @Parameterized.BeforeParam
        fun open(name: String) {
            segmenter = Fixtures.artifact(name).run { Segmenter.open(file, manifest, threads = 1) }
        }

        @JvmStatic @Parameterized.AfterParam fun close() = segmenter.close()

        @JvmStatic
        @Parameterized.Parameters(name = "{0}")
        fun files(): List<String> =
            listOf("float32.onnx", "int8.onnx", "float32.pte", "int8.pte", "mask.onnx", "mask.pte")
    }
}
