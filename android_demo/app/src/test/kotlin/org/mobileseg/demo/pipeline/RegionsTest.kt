package org.mobileseg.demo.pipeline

import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.image.Window
import org.mobileseg.demo.manifest.Size

class RegionsTest {
    @Test
    fun `regions are those of a flood fill`() {
        val random = Random(11)
        repeat(150) {
            val size = Size(random.nextInt(1, 14), random.nextInt(1, 14))
            val top = random.nextInt(size.height)
            val left = random.nextInt(size.width)
            val height = random.nextInt(1, size.height - top + 1)
            val part = Window(left, top, Size(height, random.nextInt(1, size.width - left + 1)))
            val map = ByteArray(size.area) { random.nextInt(3).toByte() }
            val least = intArrayOf(random.nextInt(1, 12), 0, random.nextInt(1, 30))
            val colours = IntArray(size.area) { 9 }
            Regions(size).hide(map, part, least, colours)
            val wanted =
                IntArray(size.area) { pixel ->
                    val inside = part.contains(pixel / size.width, pixel % size.width)
                    if (inside && flood(map, size, part, pixel).size < least[map[pixel].toInt()]) 0 else 9
                }
            assertArrayEquals("$size $part ${map.toList()}", wanted, colours)
        }
    }

    @Test
    fun `a tally has the mean of all and the median of the last`() {
        val tally = Tally()
        assertTrue(tally.mean().isNaN() && tally.median().isNaN())
        for (i in 1..300) tally.add(i / 300f)
        assertEquals(300, tally.count)
        assertEquals(150.5 / 300, tally.mean(), 1e-6)
        assertEquals(250.5 / 300, tally.median(), 1e-6)
        tally.clear()
        assertTrue(tally.mean().isNaN() && tally.count == 0L)
    }

    private fun flood(map: ByteArray, size: Size, part: Window, start: Int): Set<Int> {
        val found = mutableSetOf(start)
        val open = ArrayDeque(found)
        while (open.isNotEmpty()) {
            val pixel = open.removeFirst()
            val (y, x) = pixel / size.width to pixel % size.width
            for ((row, column) in listOf(y - 1 to x, y + 1 to x, y to x - 1, y to x + 1)) {
                val next = row * size.width + column
                if (part.contains(row, column) && map[next] == map[start] && found.add(next)) open += next
            }
        }
        return found
    }
}
