package org.mobileseg.demo.engine

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.junit.runners.Parameterized
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.Picture

/** The app's own engines on exported files: .onnx in ONNX Runtime's JVM library, .pte in ExecuTorch behind a pipe. */
@RunWith(Parameterized::class)
class EngineTest(private val name: String) {
    @Test
    fun `class maps equal Python's, pixel for pixel, on every street image`() {
        val seen = mutableSetOf<Byte>()
        for (number in 0 until Fixtures.IMAGES) {
            val picture = Picture.read(Fixtures.street(number))
            segmenter.input.fill(picture.argb, picture.size)
            val map = map()
            seen += map.toSet()
            assertArrayEquals("$name, street $number", Fixtures.classes(name, number), map)
        }
        assertTrue("more than one class is seen", seen.size > 1)
        assertEquals(11, Fixtures.IMAGES)
    }

    @Test
    fun `the same input gives the same classes`() {
        val picture = Picture.read(Fixtures.street(0))
        segmenter.input.fill(picture.argb, picture.size)
        val first = map()
        repeat(3) { assertArrayEquals(first, map()) }
        assertEquals(segmenter.manifest.input.size.area, first.size)
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

        @JvmStatic @Parameterized.Parameters(name = "{0}") fun files(): List<String> = Fixtures.FILES
    }
}
