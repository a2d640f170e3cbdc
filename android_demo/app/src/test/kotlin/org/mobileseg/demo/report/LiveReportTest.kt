package org.mobileseg.demo.report

import java.io.File
import java.time.Instant
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.Python
import org.mobileseg.demo.benchmark.Core
import org.mobileseg.demo.benchmark.Properties
import org.mobileseg.demo.benchmark.Sensors
import org.mobileseg.demo.engine.Segmenter
import org.mobileseg.demo.image.FakeFrame
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.pipeline.Pipeline

class LiveReportTest {
    @get:Rule val folder = TemporaryFolder()
    private val upright = Orientation(90, mirrored = false)
    private val properties =
        Properties("A phone", null, "Android 16", null, "aarch64", listOf(Core(0, null, null)), 8_000_000)
    private val sensors = Sensors(0, emptyList(), null, null, null, null, null, thermalHeadroom = 0.25f)

    @Test
    fun `mobileseg report reads it`() {
        val models =
            listOf("float32.onnx", "int8.onnx").map { name ->
                Fixtures.artifact(name).run { Segmenter.open(file, manifest, threads = 1) }
            }
        Pipeline(models).use { pipeline ->
            write(pipeline, LiveSource("camera", null), "empty.json")
            for (number in listOf(0, 1, 1)) {
                val frame = FakeFrame(Fixtures.frame(number), upright, chromaStride = 2, padding = 0)
                pipeline.process(YuvFrame().also(frame::fill), upright)
            }
            write(pipeline, LiveSource("video", "drive.mp4"), "full.json")
            val said =
                Python.run(READ, File(folder.root, "full.json").path, File(folder.root, "empty.json").path).lines()
            val flips = pipeline.flips.map { it.mean() }
            assertEquals("video drive.mp4 2 threads, headroom 0.25, 3 frames", said[0])
            for (i in 0..1) assertEquals(flips[i], said[1 + i].split(" ")[1].toDouble(), 1e-9)
            assertTrue(said[1], said[1].startsWith("float32.onnx "))
            assertEquals("camera None: None, None", said[3])
            assertEquals("Live view of video drive.mp4, Live view of the camera", said[4])
        }
    }

    private fun write(pipeline: Pipeline, source: LiveSource, name: String) {
        val json = liveReport(pipeline, source, 2, properties, sensors, "0.1", Instant.now())
        File(folder.root, name).writeText(json.toString(1))
    }

    private companion object {
        const val READ =
            """
import sys
from pathlib import Path
from mobileseg.latency.report.documents import read_results
from mobileseg.latency.report.page import sections
found = read_results([Path(p) for p in sys.argv[1:]])
(_, full), (_, empty) = found.live
frames = full.agreement.count
print(full.live.kind, full.live.name, f"{full.threads} threads, headroom {full.thermal_headroom}, {frames} frames")
for m in full.models:
    print(m.file, repr(m.flips.mean), m.infer.median_ms > 0)
print(empty.live.kind, f"{empty.live.name}: {empty.models[0].flips.mean}, {empty.models[0].infer.median_ms}")
print(", ".join(section.title for section in sections(found)))
"""
    }
}
