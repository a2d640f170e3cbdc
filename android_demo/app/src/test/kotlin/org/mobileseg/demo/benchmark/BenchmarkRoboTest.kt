package org.mobileseg.demo.benchmark

import android.content.Intent
import android.os.PerformanceHintManager
import android.os.PowerManager
import java.io.File
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.Python
import org.mobileseg.demo.artifact.sha256
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowLooper
import org.robolectric.shadows.ShadowPowerManager

/** A device with a sustained performance mode. */
@Implements(PowerManager::class)
class SteadyPowerManager : ShadowPowerManager() {
    @Implementation fun isSustainedPerformanceModeSupported(): Boolean = true
}

/** A device with performance hint sessions: the native side of the system's own manager. */
@Implements(PerformanceHintManager::class)
class HintingManager {
    companion object {
        private const val POINTER = 7L
        var threads = 0
        val heard = mutableListOf<Long>()
        var closed = false

        @JvmStatic @Implementation fun nativeAcquireManager(): Long = POINTER

        @JvmStatic
        @Implementation
        fun nativeCreateSession(manager: Long, tids: IntArray, targetNanos: Long): Long {
            check(manager == POINTER && targetNanos > 0)
            threads = tids.size
            heard.clear()
            return POINTER
        }

        @JvmStatic
        @Implementation
        fun nativeReportActualWorkDuration(session: Long, nanos: Long) {
            check(session == POINTER)
            heard += nanos
        }

        @JvmStatic
        @Implementation
        fun nativeCloseSession(session: Long) {
            closed = session == POINTER
        }
    }
}

/** `am start`, as the system hands it over, to the file of events that is left behind. */
@RunWith(RobolectricTestRunner::class)
class BenchmarkRoboTest {
    private val folder: File = RuntimeEnvironment.getApplication().getExternalFilesDir("benchmark")!!
    private val events = File(folder, "events.jsonl")

    @Before
    fun push() {
        for (name in listOf("int8.onnx", "int8.onnx.json", "int8.pte", "int8.pte.json")) {
            File(Fixtures.folder, name).copyTo(File(folder, name), overwrite = true)
        }
        File(Fixtures.folder, "street-0.f32").copyTo(File(folder, "0.bin"), overwrite = true)
    }

    @Test
    fun `mobileseg reads the events, and the outputs are those of the runtime`() {
        start("int8.onnx") { putExtra("threads", 2).putExtra("output", "outputs").putExtra("protocol", TWO_TURNS) }
        val (start, counts, agreement) = Python.run(READ, events.path, artifact("int8.onnx"), input, outputs).lines()
        assertTrue(start, Regex("in app \\| ONNX Runtime [0-9.]+, app [0-9.]+ \\| 2 threads").matches(start))
        assertEquals("1 models, 2 turns of 3, looked around: True", counts)
        assertEquals("same classes: 1.000", agreement)
    }

    @Test
    fun `two runtimes take turns in one process, and their versions are known before anything is loaded`() {
        File(Fixtures.folder, "street-0.f32").copyTo(File(folder, "1.bin"), overwrite = true)
        start("int8.onnx,int8.pte") { putExtra("input", "0.bin,1.bin").putExtra("protocol", TWO_TURNS) }
        val all = told()
        assertEquals("start", all.first().getString("event"))
        val version = all.first().getString("version")
        assertTrue(version, "ONNX Runtime" in version && Regex("ExecuTorch [0-9.]+,").containsMatchIn(version))
        val turns = all.filter { it.getString("event") == "turn" }
        assertEquals(listOf(0, 1, 1, 0), turns.map { it.getInt("model") })
        assertEquals("end", all.last().getString("event"))
    }

    @Test
    @Config(sdk = [26])
    fun `an old Android reports less, and says so`() {
        start("int8.pte")
        val state = told().first { it.getString("event") == "state" }
        assertTrue(state.isNull("thermal_status"))
        assertEquals("end", told().last().getString("event"))
    }

    @Test
    fun `errors have expected, found and fix`() {
        start("int8.onnx") { putExtra("protocol", "hasty") }
        assertEquals("a protocol in JSON", error().getString("expected"))
        start("int8.onnx") { putExtra("threads", 0) }
        assertEquals("0", error().getString("found"))
        start("int8.onnx,int8.pte")
        assertEquals("one input for each of 2 artifacts", error().getString("expected"))
        start("../int8.onnx")
        assertTrue(error().getString("expected").startsWith("the name of a file"))
        start("absent.onnx")
        assertTrue(error().getString("expected").startsWith("ARTIFACT_MISSING"))
        File(folder, "0.bin").writeBytes(ByteArray(12))
        start("int8.onnx")
        assertTrue(error().getString("expected").startsWith("589824 bytes"))
        File(folder, "int8.onnx").appendBytes(byteArrayOf(1))
        start("int8.onnx")
        assertTrue(error().getString("expected").startsWith("CHECKSUM"))
    }

    @Test
    fun `a file that cannot run`() {
        val file = File(folder, "int8.onnx")
        file.writeBytes(ByteArray(1000))
        val manifest = File(folder, "int8.onnx.json")
        val json = JSONObject(manifest.readText())
        json.getJSONObject("artifact").put("sha256", sha256(file))
        manifest.writeText(json.toString())
        start("int8.onnx")
        assertTrue(error().getString("expected").startsWith("RUNTIME"))
    }

    @Test
    fun `it shows over the lock screen, and says when it is left`() {
        val long = """{"turns": 100000}"""
        val intent = Intent().putExtra("artifact", "int8.onnx").putExtra("input", "0.bin").putExtra("protocol", long)
        val controller = Robolectric.buildActivity(BenchmarkActivity::class.java, intent).setup()
        val shadow = shadowOf(controller.get())
        assertTrue(shadow.showWhenLocked && shadow.turnScreenOn)
        val deadline = System.nanoTime() + 20_000_000_000
        while (!(events.exists() && "\"turn\"" in events.readText()) && System.nanoTime() < deadline) Thread.sleep(5)
        controller.pause().stop() // the screen goes off, or another app comes to the front
        controller.get().await()
        assertTrue(error().getString("found"), "the screen was left" in error().getString("found"))
        controller.destroy()
    }

    @Test
    fun `a device without what is asked is an error`() {
        start("int8.onnx") { putExtra("sustained", true) }
        assertEquals("a device with a sustained performance mode", error().getString("expected"))
        start("int8.onnx") { putExtra("hints", true) }
        assertEquals(
            "a device with performance hint sessions (Android 12 or newer)",
            error().getString("expected"),
        )
    }

    @Test
    @Config(shadows = [HintingManager::class])
    fun `a hint session has the runtime's threads, hears of every timed run, and is stamped`() {
        start("int8.onnx") { putExtra("hints", true).putExtra("protocol", TWO_TURNS) }
        val all = told()
        assertEquals("end", all.last().getString("event"))
        val version = all.first().getString("version")
        assertTrue(version, version.endsWith("performance hint session on"))
        assertEquals(TWO_TURNS_RUNS, HintingManager.heard.size)
        assertTrue("${HintingManager.threads} threads", HintingManager.threads > 1 && HintingManager.closed)
    }

    @Test
    @Config(shadows = [SteadyPowerManager::class])
    fun `what is asked of the system is stamped on the version`() {
        start("int8.onnx") { putExtra("sustained", true) }
        val version = told().first().getString("version")
        assertTrue(version, version.endsWith("sustained performance mode on"))
        assertFalse("hint" in version)
    }

    private val input = File(Fixtures.folder, "street-0.f32").path
    private val outputs = File(folder, "outputs/0.0.bin").path

    private fun artifact(name: String) = File(Fixtures.folder, name).path

    private fun told(): List<JSONObject> = events.readLines().map(::JSONObject)

    private fun error(): JSONObject = told().last().also { assertEquals("error", it.getString("event")) }

    private fun start(artifact: String, more: Intent.() -> Unit = {}) {
        val intent = Intent().putExtra("artifact", artifact).putExtra("input", "0.bin").apply(more)
        val controller = Robolectric.buildActivity(BenchmarkActivity::class.java, intent).setup()
        controller.get().await()
        ShadowLooper.idleMainLooper()
        controller.pause().stop().destroy()
    }

    private companion object {
        const val TWO_TURNS = """{"turns": 2, "runs": 3, "settle": 1, "balanced": true}"""
        const val TWO_TURNS_RUNS = 6
        const val READ =
            """
import sys
from pathlib import Path
import numpy as np
from mobileseg.export.artifact import read_artifact
from mobileseg.latency.measuring.session import Record
lines, file, data, output = sys.argv[1:]
record = Record(1)
for line in Path(lines).read_text().splitlines():
    record.add(line)
assert record.ended
print(f"{record.start.runner} | {record.start.version} | {record.start.threads} threads")
(track,) = record.tracks
runs = {len(turn) for turn in track.turns}
print(f"{len(record.tracks)} models, {len(track.turns)} turns of {runs.pop()}, looked around: {record.course is not None}")
artifact = read_artifact(file)
(wanted,) = artifact.load(1).run(np.fromfile(data, dtype="<f4").reshape(artifact.manifest.input.shape))
found = np.fromfile(output, dtype="<f4").reshape(wanted.shape)
print(f"same classes: {np.mean(found.argmax(1) == wanted.argmax(1)):.3f}")
"""
    }
}
