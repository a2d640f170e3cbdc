package org.mobileseg.demo.pipeline

import com.sun.management.ThreadMXBean
import java.lang.management.ManagementFactory
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.Picture
import org.mobileseg.demo.engine.RawOutput
import org.mobileseg.demo.engine.SegmentationEngine
import org.mobileseg.demo.engine.Segmenter
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.ModelInput
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.Window
import org.mobileseg.demo.image.Yuv
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.Resize
import org.mobileseg.demo.manifest.Size

class PipelineTest {
    private val upright = Orientation(90, mirrored = false)

    @Test
    fun `two models get the same frame and are compared`() {
        Pipeline(listOf(open("float32.onnx"), open("int8.onnx"))).use { pipeline ->
            pipeline.process(frame(Fixtures.frame(0)), upright)
            val scene = pipeline.scenes.take()
            val maps = listOf("float32.onnx", "int8.onnx").map { Fixtures.classesOfFrame(it, 0) }
            val same = maps[0].indices.count { maps[0][it] == maps[1][it] } / maps[0].size.toFloat()
            assertEquals(same, scene.agreement, 0.03f)
            assertNotEquals(1f, scene.agreement)
            assertEquals(1L, scene.frame)
            for (layer in scene.layers) {
                assertEquals(layer.size.area, layer.counts.sum())
                assertEquals(1f, layer.counts.indices.sumOf { layer.share(it).toDouble() }.toFloat(), 1e-5f)
                for (stage in Stage.entries) assertTrue(pipeline.stopwatches.all { it.latency(stage).medianMs > 0 })
            }
            val place = scene.layers[0].classAt(0.5f, 0.9f)
            assertEquals(scene.layers[0].classes[(0.9f * 192).toInt() * 256 + 128].toInt(), place)
        }
    }

    @Test
    fun `showing one class leaves the rest transparent`() {
        Pipeline(listOf(open("float32.onnx"))).use { pipeline ->
            val picture = Picture.read(Fixtures.street(0))
            pipeline.process(picture.argb, picture.size)
            val all = pipeline.scenes.take().layers[0]
            val number = all.counts.indices.maxBy { all.counts[it] }
            val before = all.classes.clone()
            pipeline.only = number
            pipeline.repaint()
            val alone = pipeline.scenes.take().layers[0]
            assertArrayEquals(before, alone.classes)
            assertEquals(alone.counts[number], alone.colours.count { it != 0 })
        }
    }

    @Test
    fun `flips are counted from frame to frame, and not over a pause`() {
        Pipeline(listOf(open("float32.onnx"), open("int8.onnx"))).use { pipeline ->
            val frames = List(2) { frame(Fixtures.frame(it)) }
            pipeline.process(frames[0], upright)
            assertEquals(0, pipeline.flips[0].count)
            val before = pipeline.scenes.take().layers.map { it.classes.clone() }
            pipeline.process(frames[1], upright)
            val after = pipeline.scenes.take().layers.map { it.classes.clone() }
            for (i in 0..1) {
                val share = before[i].indices.count { before[i][it] != after[i][it] } / before[i].size.toDouble()
                assertTrue(share > 0.05)
                assertEquals(share, pipeline.flips[i].mean(), 1e-6)
            }
            pipeline.process(frames[1], upright)
            assertEquals(2, pipeline.flips[1].count)
            assertEquals(3, pipeline.agreements.count)
            pipeline.pause()
            pipeline.process(frames[0], upright)
            pipeline.process(frames[0], Orientation(270, mirrored = false))
            assertEquals(2, pipeline.flips[1].count)
            pipeline.restart()
            assertTrue(pipeline.flips[0].mean().isNaN() && pipeline.agreements.count == 0L)
        }
    }

    @Test
    fun `small regions are not drawn, but counted`() {
        Pipeline(listOf(open("int8.onnx"))).use { pipeline ->
            pipeline.process(frame(Fixtures.frame(0)), upright)
            val all = pipeline.scenes.take().layers[0].run { colours.clone() to counts.clone() }
            pipeline.least = IntArray(pipeline.manifests[0].output.classes.size) { 200 }
            pipeline.repaint()
            val layer = pipeline.scenes.take().layers[0]
            assertArrayEquals(all.second, layer.counts)
            val hidden = layer.colours.indices.filter { layer.colours[it] != all.first[it] }
            assertTrue("${hidden.size}", hidden.isNotEmpty() && hidden.all { layer.colours[it] == 0 })
        }
    }

    @Test
    fun `bars are not of the picture`() {
        Pipeline(listOf(open("letterbox.onnx"))).use { pipeline ->
            val picture = Picture.read(Fixtures.street(0))
            pipeline.process(picture.argb, picture.size)
            val layer = pipeline.scenes.take().layers[0]
            assertEquals(Window(0, 40, Size(48, 64)), layer.filled)
            assertEquals(48 * 64, layer.counts.sum())
            assertEquals(1f, layer.counts.indices.sumOf { layer.share(it).toDouble() }.toFloat(), 1e-5f)
            assertEquals(NO_CLASS, layer.classAt(0.5f, 0.1f))
            assertTrue(layer.classAt(0.5f, 0.5f) >= 0)
            assertTrue(layer.colours.take(40 * 64).all { it == 0 })
            assertEquals(48 * 64, layer.colours.count { it != 0 })
        }
    }

    @Test
    fun `models that cannot be compared are refused`() {
        val one = Fixtures.artifact("int8.onnx").manifest
        val size = one.copy(input = one.input.copy(size = Size(64, 64)))
        assertEquals(Problem.INPUT, assertThrows(Refusal::class.java) { Pipeline.checkComparable(one, size) }.problem)
        val boxed = one.copy(input = one.input.copy(resize = Resize.LETTERBOX))
        assertEquals(Problem.INPUT, assertThrows(Refusal::class.java) { Pipeline.checkComparable(one, boxed) }.problem)
        val classes = one.copy(output = one.output.copy(classes = one.output.classes.reversed()))
        assertEquals(
            Problem.OUTPUT,
            assertThrows(Refusal::class.java) { Pipeline.checkComparable(one, classes) }.problem,
        )
        Pipeline.checkComparable(one, Fixtures.artifact("float32.pte").manifest)
    }

    /** The app's own code: an engine that allocates nothing stands in for a runtime. */
    @Test
    fun `thousands of frames allocate nothing`() {
        val manifest =
            Fixtures.artifact("int8.onnx").manifest.let { it.copy(input = it.input.copy(size = Size(48, 64))) }
        val segmenters = List(2) { Segmenter(manifest, ModelInput(manifest.input), Ramp(manifest)) }
        val pipeline = Pipeline(segmenters)
        val frame = frame(Yuv.of(Picture(Size(96, 128), IntArray(96 * 128) { 0xFF000000.toInt() or it })))
        repeat(200) { pipeline.process(frame, upright) }
        val before = allocated(helpers = true)
        repeat(5000) { pipeline.process(frame, upright) }
        val perFrame = (allocated(helpers = true) - before) / 5000.0
        assertEquals(5200L, pipeline.scenes.take().frame)
        assertTrue("$perFrame bytes a frame", perFrame < 16)
    }

    /**
     * With a real runtime a few small objects of its Java API remain; a buffer of a frame would be a hundred times as
     * much.
     */
    @Test
    fun `a real runtime's frames allocate next to nothing`() {
        Pipeline(listOf(open("int8.onnx"))).use { pipeline ->
            val frame = frame(Fixtures.frame(0))
            repeat(20) { pipeline.process(frame, upright) }
            val before = allocated()
            repeat(100) { pipeline.process(frame, upright) }
            val perFrame = (allocated() - before) / 100
            assertTrue("$perFrame bytes a frame", perFrame < 4096)
        }
    }

    /** Of this thread, and of the [helpers] that share its rows. */
    private fun allocated(helpers: Boolean = false): Long {
        val threads = ManagementFactory.getThreadMXBean() as ThreadMXBean
        val team = Thread.getAllStackTraces().keys.filter { helpers && it.name.startsWith("frame-") }
        @Suppress("DEPRECATION") // threadId() is newer than the JDK that tests run on
        return (team + Thread.currentThread()).sumOf { threads.getThreadAllocatedBytes(it.id) }
    }

    private fun open(name: String): Segmenter =
        Fixtures.artifact(name).run { Segmenter.open(file, manifest, threads = 1) }

    private fun frame(yuv: Yuv): YuvFrame =
        YuvFrame().also { FakeFrame(yuv, upright, chromaStride = 2, padding = 8).fill(it) }

    /** Class `x % classes` in column `x` of the grid. */
    private class Ramp(manifest: ArtifactManifest) : SegmentationEngine {
        private val spec = manifest.output
        override val runtime = "test"

        override fun run() = Unit

        override fun read(output: RawOutput) {
            for (i in output.logits.indices) {
                val number = i / spec.grid.area
                output.logits[i] = if (i % spec.grid.width % spec.classes.size == number) 1f else 0f
            }
        }

        override fun close() = Unit
    }
}
