package org.mobileseg.demo.pipeline

import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread
import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.benchmark.percentile
import org.mobileseg.demo.image.Window
import org.mobileseg.demo.manifest.Size

class WindowsTest {
    @Test
    fun `a window keeps the last numbers and their percentiles`() {
        val random = Random(3)
        val window = RollingWindow(100)
        assertTrue(window.percentile(50.0).isNaN())
        val all = mutableListOf<Double>()
        repeat(1000) {
            val value = random.nextDouble()
            window.add(value)
            all += value
            val last = all.takeLast(100)
            assertEquals(last.size, window.size)
            assertEquals(percentile(last, 50.0), window.percentile(50.0), 0.0)
            assertEquals(percentile(last, 90.0), window.percentile(90.0), 0.0)
        }
    }

    @Test
    fun `stages are timed separately`() {
        var now = 0L
        val watch = Stopwatch { now }
        repeat(150) { i ->
            watch.time(Stage.PREPARE) { now += 1_000_000 }
            watch.time(Stage.INFER) { now += i * 1_000_000L }
        }
        assertEquals(Latency(1.0, 1.0), watch.latency(Stage.PREPARE))
        assertEquals(99.5, watch.latency(Stage.INFER).medianMs, 1e-9)
        assertEquals(139.1, watch.latency(Stage.INFER).p90Ms, 1e-9)
        assertTrue(watch.latency(Stage.CLASSIFY).medianMs.isNaN())
    }

    @Test
    fun `a pause is no slow frame`() {
        val rate = FrameRate()
        for (i in 0..10) rate.tick(1 + i * 50_000_000L)
        assertEquals(20.0, rate.perSecond(), 1e-9)
        rate.pause()
        assertTrue(rate.perSecond().isNaN())
        rate.tick(900_000_000_000)
        assertTrue(rate.perSecond().isNaN())
    }

    @Test
    fun `the reader gets complete slots, never an older one`() {
        val exchange = Exchange { LongArray(512) }
        val done = CountDownLatch(1)
        val writer = thread {
            for (number in 1L..200_000L) {
                exchange.back.fill(number)
                exchange.publish()
            }
            done.countDown()
        }
        var last = 0L
        var seen = 0
        while (done.count > 0 || last < 200_000L) {
            val slot = exchange.take()
            val number = slot[0]
            assertTrue("torn: $number", slot.all { it == number })
            assertTrue("$number after $last", number >= last)
            if (number > last) seen++
            last = number
        }
        writer.join()
        assertTrue("$seen", seen > 10)
        assertEquals(200_000L, exchange.take()[511])
    }

    @Test
    fun `colours and counts, of all classes and of one`() {
        val palette = listOf(0xFF0000, 0x00FF00, 0x0000FF, 0x010203)
        val map = byteArrayOf(0, 3, 3, 3, 1, 3, 0, 3, 2, 3)
        val counts = IntArray(4)
        val out = IntArray(10)
        paint(map, 10, Window(0, 0, Size(1, 10)), inks(palette, ALL_CLASSES), counts, out)
        assertArrayEquals(intArrayOf(2, 1, 1, 6), counts)
        assertArrayEquals(IntArray(10) { (0xFF shl 24) or palette[map[it].toInt()] }, out)
        paint(map, 10, Window(0, 0, Size(1, 10)), inks(palette, 1), counts, out)
        assertArrayEquals(IntArray(10) { if (it == 4) 0xFF00FF00.toInt() else 0 }, out)
        paint(map, 5, Window(1, 1, Size(1, 3)), inks(palette, ALL_CLASSES), counts, out)
        assertArrayEquals(intArrayOf(1, 0, 1, 1), counts)
        assertArrayEquals(IntArray(10) { if (it in 6..8) (0xFF shl 24) or palette[map[it].toInt()] else 0 }, out)
    }
}
