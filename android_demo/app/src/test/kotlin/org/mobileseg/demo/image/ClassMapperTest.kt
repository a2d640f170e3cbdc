package org.mobileseg.demo.image

import kotlin.math.max
import kotlin.math.min
import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Test
import org.mobileseg.demo.manifest.Size

class ClassMapperTest {
    @Test
    fun `classes are the argmax of the resized logits`() {
        val random = Random(1)
        repeat(60) {
            val classes = random.nextInt(1, 12)
            val grid = Size(random.nextInt(1, 9), random.nextInt(1, 9))
            val full = Size(random.nextInt(1, 40), random.nextInt(1, 40))
            val corners = random.nextBoolean()
            // Few values, so that there are ties.
            val logits = FloatArray(classes * grid.area) { random.nextInt(-2, 3).toFloat() }
            val found = ByteArray(full.area).also { ClassMapper(classes, grid, full, corners).map(logits, it) }
            assertArrayEquals("$classes $grid $full $corners", plain(logits, classes, grid, full, corners), found)
        }
    }

    @Test
    fun `the first of equal classes wins`() {
        val map = ByteArray(6)
        ClassMapper(2, Size(1, 3), Size(2, 3), alignCorners = false).map(floatArrayOf(1f, 2f, 3f, 1f, 5f, 3f), map)
        assertArrayEquals(byteArrayOf(0, 1, 0, 0, 1, 0), map)
    }

    @Test
    fun `dominant classes and agreement`() {
        val counts = intArrayOf(2, 1, 0, 7)
        assertEquals(listOf(3, 0, 1), dominantClasses(counts))
        assertEquals(listOf(3), dominantClasses(counts, most = 1))
        assertEquals(0.5f, agreement(byteArrayOf(1, 2, 3, 4), byteArrayOf(0, 2, 3, 5), 2, Window(1, 0, Size(2, 1))), 0f)
        assertEquals(
            0.75f,
            agreement(byteArrayOf(1, 2, 3, 4), byteArrayOf(1, 2, 3, 5), 2, Window(0, 0, Size(2, 2))),
            0f,
        )
    }

    /** Every class interpolated everywhere, in the same float32 arithmetic. */
    private fun plain(logits: FloatArray, classes: Int, grid: Size, full: Size, corners: Boolean): ByteArray {
        fun where(source: Int, target: Int, i: Int): Float =
            if (corners) i * ((source - 1).toFloat() / max(target - 1, 1))
            else max((i + .5f) * (source.toFloat() / target) - .5f, 0f)
        return ByteArray(full.area) { pixel ->
            val y = where(grid.height, full.height, pixel / full.width)
            val x = where(grid.width, full.width, pixel % full.width)
            val top = min(y.toInt(), grid.height - 1)
            val left = min(x.toInt(), grid.width - 1)
            val bottom = min(top + 1, grid.height - 1)
            val right = min(left + 1, grid.width - 1)
            val down = min(y - top, 1f)
            val part = min(x - left, 1f)
            val values =
                (0 until classes).map { c ->
                    fun at(row: Int, column: Int) = logits[c * grid.area + row * grid.width + column]
                    (1f - down) * ((1f - part) * at(top, left) + part * at(top, right)) +
                        down * ((1f - part) * at(bottom, left) + part * at(bottom, right))
                }
            values.indices.first { values[it] == values.max() }.toByte()
        }
    }
}
