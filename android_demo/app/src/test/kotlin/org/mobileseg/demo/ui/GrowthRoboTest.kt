package org.mobileseg.demo.ui

import android.os.Looper
import java.io.File
import java.lang.management.BufferPoolMXBean
import java.lang.management.ManagementFactory
import javax.management.ObjectName
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.camera.FakeImage
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.Orientation
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** From the camera to the screen for a long time. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = PHONE, shadows = [PushedImageReader::class])
class GrowthRoboTest {
    @Test
    fun `thousands of frames leave nothing behind, on the heap, outside of it, or as bitmaps`() =
        live("letterbox.onnx", "letterbox.onnx") {
            val frames =
                List(2) {
                    FakeFrame(Fixtures.frame(it), Orientation(90, mirrored = false), chromaStride = 2, padding = 0)
                }
            repeat(SETTLING) { show(frames[it % 2]) }
            val before = Held.now()
            repeat(FRAMES) {
                show(frames[it % 2])
                if (it % 500 == 0) settle() // figures, legend, and what a screen reader is told
            }
            val after = Held.now()
            assertEquals((SETTLING + FRAMES).toLong(), session.pipeline!!.scenes.take().frame)
            // Fewer where an earlier test's are collected.
            assertTrue("bitmaps: ${before.bitmaps}, then ${after.bitmaps}", after.bitmaps <= before.bitmaps)
            assertTrue("direct buffers: ${before.buffers}, then ${after.buffers}", after.buffers <= before.buffers)
            assertTrue(
                "bytes in them: ${before.bufferBytes}, then ${after.bufferBytes}",
                after.bufferBytes <= before.bufferBytes,
            )
            // A frame's smallest array is 8 KiB: one left by each frame would be 16 MB.
            assertTrue("heap: ${after.heap - before.heap} bytes more", after.heap - before.heap < 4 * MB)
            assertTrue("native: ${after.native - before.native} bytes more", after.native - before.native < 16 * MB)
        }

    private fun Stage.show(frame: FakeFrame) {
        PushedImageReader.last.push(FakeImage(frame))
        shadowOf(activity.retained.model.looper).idle()
        shadowOf(Looper.getMainLooper()).idle()
    }

    /**
     * What is held after garbage collection. [native]: resident memory beside the heap, in bytes as everything here.
     */
    private class Held(val heap: Long, val native: Long, val buffers: Long, val bufferBytes: Long, val bitmaps: Int) {
        companion object {
            fun now(): Held {
                val lines = histogram().lines() // collects garbage
                val bitmaps = lines.filter { it.endsWith(" android.graphics.Bitmap") }
                val memory = ManagementFactory.getMemoryMXBean().heapMemoryUsage
                val pool =
                    ManagementFactory.getPlatformMXBeans(BufferPoolMXBean::class.java).single { it.name == "direct" }
                return Held(
                    heap = memory.used,
                    native = native(),
                    buffers = pool.count,
                    bufferBytes = pool.memoryUsed,
                    bitmaps = bitmaps.sumOf { it.trim().split(Regex("\\s+"))[1].toInt() },
                )
            }

            /** A heap of a gigabyte lies below 4 GiB, where its references need 32 bits; everything else lies above. */
            private fun native(): Long {
                var above = false
                var sum = 0L
                for (line in File("/proc/self/smaps").readLines()) {
                    val start = MAPPING.find(line)?.groupValues?.get(1)
                    if (start != null) above = start.toULong(radix = 16) >= (4UL shl 30)
                    else if (above && line.startsWith("Rss:")) sum += KIB * line.filter(Char::isDigit).toLong()
                }
                return sum
            }

            /** Objects that are reachable, by class: `NUMBER: INSTANCES BYTES CLASS`. */
            private fun histogram(): String {
                val types = arrayOf(Array<String>::class.java.name)
                val diagnostics = ObjectName("com.sun.management:type=DiagnosticCommand")
                val server = ManagementFactory.getPlatformMBeanServer()
                return server.invoke(diagnostics, "gcClassHistogram", arrayOf(emptyArray<String>()), types) as String
            }
        }
    }

    private companion object {
        const val SETTLING = 300
        const val FRAMES = 2000
        const val MB = 1L shl 20
        const val KIB = 1024L
        val MAPPING = Regex("^([0-9a-f]+)-[0-9a-f]+ ")
    }
}
