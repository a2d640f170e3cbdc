package org.mobileseg.demo.image

import kotlin.math.abs
import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.Picture
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Resize
import org.mobileseg.demo.manifest.Size

/** Steps of 255 by which chroma at half the resolution and three roundings to bytes may move a colour on average. */
private const val MEAN_FROM_CHROMA = 1.0

class ModelInputTest {
    private val spec = InputSpec("image", Size(192, 256), 0f, 255f)

    @Test
    fun `the input of a picture equals Python's to the last bit`() {
        for (number in 0 until Fixtures.IMAGES) {
            val picture = Picture.read(Fixtures.street(number))
            val input = ModelInput(spec).apply { fill(picture.argb, picture.size) }
            assertArrayEquals("street $number", Fixtures.input(number), input.floats(), 0f)
        }
    }

    @Test
    fun `a frame gives the same picture for any orientation and strides`() {
        val picture = Picture.read(Fixtures.street(0))
        val expected = ModelInput(spec).apply { fill(cropped(picture), Fixtures.FRAME) }.floats()
        val frame = Fixtures.frame(0)
        for (degrees in listOf(0, 90, 180, 270)) for (chromaStride in 1..2) for (padding in listOf(0, 19)) {
            val orientation = Orientation(degrees, mirrored = false)
            val found = inputOf(FakeFrame(frame, orientation, chromaStride, padding), orientation).floats()
            val error = found.indices.sumOf { abs(found[it] - expected[it]).toDouble() } / found.size
            assertTrue("$degrees degrees, stride $chromaStride, padding $padding: $error", error < MEAN_FROM_CHROMA)
        }
    }

    @Test
    fun `a letterboxed frame is whole, between bars, for any orientation`() {
        val bars = listOf(10f, 20f, 30f)
        val boxed = spec.copy(size = Size(256, 128), resize = Resize.LETTERBOX, bars = bars)
        val picture = Picture.read(Fixtures.street(0))
        val expected = ModelInput(boxed).apply { fill(cropped(picture), Fixtures.FRAME) }
        assertEquals(Window(0, 80, Size(96, 128)), expected.filled)
        for (degrees in listOf(0, 90, 180, 270)) {
            val orientation = Orientation(degrees, mirrored = false)
            val frame = FakeFrame(Fixtures.frame(0), orientation, chromaStride = 2, padding = 3)
            val found = ModelInput(boxed).apply { fill(YuvFrame().also(frame::fill), orientation) }
            assertEquals(expected.filled, found.filled)
            val (one, other) = found.floats() to expected.floats()
            val error = one.indices.sumOf { abs(one[it] - other[it]).toDouble() } / one.size
            assertTrue("$degrees degrees: $error", error < MEAN_FROM_CHROMA)
            for (plane in 0 until 3) assertEquals(bars[plane], one[plane * boxed.size.area], 0f)
        }
    }

    @Test
    fun `a picture is placed as Python places it`() {
        for (line in Fixtures.placements()) {
            val (height, width, rows, columns) = line.numbers
            val (seen, filled) = place(Size(height, width), Size(rows, columns), line.resize)
            val found = listOf(seen, filled).flatMap { listOf(it.top, it.left, it.size.height, it.size.width) }
            assertEquals("$line", line.numbers.drop(4), found)
        }
    }

    @Test
    fun `a front camera's frame is mirrored`() {
        val plain = Orientation(270, mirrored = false)
        val frame = FakeFrame(Fixtures.frame(1), plain, chromaStride = 2, padding = 0)
        val straight = inputOf(frame, plain).pixels
        val mirrored = inputOf(frame, plain.copy(mirrored = true)).pixels
        val width = spec.size.width
        assertArrayEquals(straight, IntArray(mirrored.size) { mirrored[it / width * width + width - 1 - it % width] })
    }

    @Test
    fun `grey and primary colours are preserved`() {
        val colours = listOf(0xFF000000, 0xFFFFFFFF, 0xFF808080, 0xFFFF0000, 0xFF00FF00, 0xFF0000FF).map(Long::toInt)
        for (colour in colours) {
            val picture = Picture(Size(48, 64), IntArray(48 * 64) { colour })
            val pixels = inputOf(FakeFrame(Yuv.of(picture), Orientation.UPRIGHT, 1, 0), Orientation.UPRIGHT).pixels
            for (shift in listOf(16, 8, 0)) {
                val off = abs(((pixels[0] shr shift) and 0xFF) - ((colour shr shift) and 0xFF))
                assertTrue("%08x gives %08x".format(colour, pixels[0]), off <= 2)
            }
            assertTrue(pixels.all { it == pixels[0] })
        }
    }

    @Test
    fun `other input ranges are applied`() {
        val picture = Picture.read(Fixtures.street(0))
        val unit = ModelInput(spec.copy(low = -1f, high = 1f)).apply { fill(picture.argb, picture.size) }.floats()
        val bytes = Fixtures.input(0)
        for (i in unit.indices) assertEquals(bytes[i] / 127.5f - 1f, unit[i], 1e-5f)
    }

    @Test
    fun `the window has the input's shape, is inside the frame and even`() {
        val random = Random(5)
        repeat(2000) {
            val frame = Size(random.nextInt(8, 3000), random.nextInt(8, 3000))
            val wanted = Size(random.nextInt(8, 1024), random.nextInt(8, 1024))
            val (left, top, size) = centredWindow(frame, wanted)
            assertTrue(listOf(left, top, size.height, size.width).all { it % 2 == 0 })
            assertTrue(
                "$frame $wanted",
                left >= 0 && top >= 0 && left + size.width <= frame.width && top + size.height <= frame.height,
            )
            val whole = size.height >= frame.height - 1 || size.width >= frame.width - 1
            assertTrue("$frame $wanted $size", whole)
        }
    }

    private fun inputOf(frame: FakeFrame, orientation: Orientation): ModelInput =
        ModelInput(spec).apply { fill(YuvFrame().also(frame::fill), orientation) }

    private fun cropped(picture: Picture): IntArray =
        Fixtures.FRAME.run { IntArray(area) { picture.at(it % width, it / width) } }
}

private fun ModelInput.floats(): FloatArray = FloatArray(tensor.capacity()).also { tensor.duplicate().get(it) }
