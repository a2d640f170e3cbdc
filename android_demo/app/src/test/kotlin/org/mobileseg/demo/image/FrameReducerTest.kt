package org.mobileseg.demo.image

import java.nio.ByteBuffer
import java.nio.FloatBuffer
import kotlin.math.abs
import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Resize
import org.mobileseg.demo.manifest.Size

class FrameReducerTest {
    private val random = Random(7)

    /** Against the same resize and conversion in double precision, for every matrix, any size and any turn. */
    @Test
    fun `whole numbers come within a twentieth of a step`() {
        repeat(40) { round ->
            val frame = frame(Size(2 * random.nextInt(4, 90), 2 * random.nextInt(4, 90)), 1 + round % 2)
            frame.matrix = Matrix.entries[round % 4]
            val spec = InputSpec("image", Size(random.nextInt(8, 120), random.nextInt(8, 120)), 0f, 255f)
            val orientation = Orientation(90 * (round / 4 % 4), mirrored = round % 3 == 0)
            val found = planes(frame, spec, orientation, team = 1 + round % 3)
            val wanted = exact(frame, spec, orientation)
            val error = found.indices.maxOf { abs(found[it] - wanted[it]) }
            assertTrue("$spec $orientation ${frame.size} ${frame.matrix}: $error", error < 0.05)
        }
    }

    @Test
    fun `bands are the same as one band`() {
        val frame = frame(Size(90, 160), 2)
        val spec = InputSpec("image", Size(64, 48), -1f, 1f, Resize.CROP)
        for (degrees in listOf(0, 90, 180, 270)) {
            val orientation = Orientation(degrees, mirrored = false)
            val alone = planes(frame, spec, orientation, team = 1)
            for (team in listOf(2, 3, 7)) assertArrayEquals(alone, planes(frame, spec, orientation, team), 0f)
        }
    }

    @Test
    fun `a frame is placed as the manifest says`() {
        val frame = frame(Size(60, 120), 1)
        for (resize in Resize.entries) {
            val input = ModelInput(InputSpec("image", Size(64, 64), 0f, 255f, resize))
            input.fill(frame, Orientation.UPRIGHT)
            val filled = if (resize == Resize.LETTERBOX) Window(0, 16, Size(32, 64)) else Window(0, 0, Size(64, 64))
            assertEquals(filled, input.filled)
            assertEquals(if (resize == Resize.SQUASH) 2f else 1f, input.aspect, 0f)
            input.fill(frame, Orientation(90, mirrored = false))
            assertEquals(if (resize == Resize.SQUASH) 0.5f else 1f, input.aspect, 0f)
        }
    }

    @Test
    fun `weights add up and stay inside the source`() {
        repeat(300) {
            val (source, target) = random.nextInt(1, 900) to random.nextInt(1, 600)
            val taps = FixedTaps(source, target, 14)
            for (i in 0 until target) {
                assertEquals("$source $target", 1 shl 14, taps.weights.sumOf { it[i] })
                assertTrue("$source $target", taps.first[i] >= 0 && taps.first[i] + taps.count <= source)
            }
        }
    }

    @Test
    fun `a team does every part, throws what a part throws, and goes on`() {
        val team = Team(4)
        repeat(2000) {
            val done = BooleanArray(4)
            team.run { done[it] = true }
            assertTrue(done.all { it })
        }
        for (part in 0 until 4) {
            val found =
                assertThrows(IllegalStateException::class.java) { team.run { check(it != part) { "part $it" } } }
            assertEquals("part $part", found.message)
        }
        assertEquals(listOf(0, 3, 6, 10), List(4) { share(10, it, 3) })
    }

    private fun planes(frame: YuvFrame, spec: InputSpec, orientation: Orientation, team: Int): FloatArray =
        FloatArray(3 * spec.size.area).also {
            FrameReducer(frame.size, spec, orientation, Team(team))
                .reduce(frame, FloatBuffer.wrap(it), IntArray(spec.size.area))
        }

    private fun exact(frame: YuvFrame, spec: InputSpec, orientation: Orientation): FloatArray {
        val area = spec.size.area
        val onSensor = orientation.turn(spec.size)
        val yuv =
            List(3) { plane ->
                val size = if (plane == 0) frame.size else Size(frame.size.height / 2, frame.size.width / 2)
                val rows =
                    object : Rows {
                        override fun read(row: Int, into: FloatArray) {
                            for (x in 0 until size.width) into[x] = sample(frame, plane, row, x).toFloat()
                        }
                    }
                FloatArray(area).also { Resampler(size, onSensor).resample(rows, it, orientation.layout(spec.size)) }
            }
        val (black, scale) = if (frame.matrix in setOf(Matrix.BT601, Matrix.BT709)) 16.0 to 255.0 / 219 else 0.0 to 1.0
        val chroma = if (scale > 1) 255.0 / 224 else 1.0
        // ITU-R BT.601-7 and BT.709-6: what red and blue have of luma.
        val (kr, kb) = if (frame.matrix in setOf(Matrix.BT709, Matrix.BT709_FULL)) 0.2126 to 0.0722 else 0.299 to 0.114
        return FloatArray(3 * area) {
            val pixel = it % area
            val y = (yuv[0][pixel] - black) * scale
            val cb = (yuv[1][pixel] - 128.0) * chroma
            val cr = (yuv[2][pixel] - 128.0) * chroma
            val red = y + 2 * (1 - kr) * cr
            val blue = y + 2 * (1 - kb) * cb
            val value = listOf(red, (y - kr * red - kb * blue) / (1 - kr - kb), blue)[it / area]
            value.coerceIn(0.0, 255.0).toFloat()
        }
    }

    private fun sample(frame: YuvFrame, plane: Int, y: Int, x: Int): Int =
        frame.buffers[plane].get(y * frame.rowStrides[plane] + x * frame.pixelStrides[plane]).toInt() and 0xFF

    private fun frame(size: Size, stride: Int): YuvFrame {
        val frame = YuvFrame()
        frame.size = size
        for (plane in 0 until 3) {
            val part = if (plane == 0) size else Size(size.height / 2, size.width / 2)
            frame.pixelStrides[plane] = if (plane == 0) 1 else stride
            frame.rowStrides[plane] = part.width * frame.pixelStrides[plane] + 5
            val bytes = random.nextBytes(frame.rowStrides[plane] * part.height)
            frame.buffers[plane] = ByteBuffer.allocateDirect(bytes.size).put(bytes)
        }
        return frame
    }
}
