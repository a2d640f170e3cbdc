package org.mobileseg.demo.benchmark

import android.content.Intent
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
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLooper

/** `am start`, as the system hands it over, to the file that is left behind. */
@RunWith(RobolectricTestRunner::class)
class BenchmarkRoboTest {
    private val folder: File = RuntimeEnvironment.getApplication().getExternalFilesDir("benchmark")!!
    private val result = File(folder, "result.json")
    private val failure = File(folder, "result.json.error")

    @Before
    fun push() {
        for (name in listOf("int8.onnx", "int8.onnx.json", "int8.pte", "int8.pte.json")) {
            File(Fixtures.folder, name).copyTo(File(folder, name), overwrite = true)
        }
        File(Fixtures.folder, "street-0.f32").copyTo(File(folder, "0.bin"), overwrite = true)
    }

    @Test
    fun `mobileseg reads the result, marked in app`() {
        start("int8.onnx") { putExtra("threads", 2).putExtra("input_name", "street-0.png, resized") }
        assertTrue(failure.takeIf(File::exists)?.readText() ?: "no result", result.exists())
        val said = Python.run(READ, result.path)
        assertEquals("in app | in app | time | quick | True | None", said.lines()[0])
        assertEquals("int8.onnx int8 (192, 256) logits | 50 samples, 10 turns | 2 threads", said.lines()[1])
        val text = JSONObject(result.readText())
        assertEquals(
            Fixtures.artifact("int8.onnx").manifest.file.sha256,
            text.getJSONArray("series").getJSONObject(0).getString("sha256"),
        )
        assertFalse(File(result.path + ".part").exists())
    }

    @Test
    fun `two runtimes are measured in turns, in one result`() {
        File(Fixtures.folder, "street-0.f32").copyTo(File(folder, "1.bin"), overwrite = true)
        start("int8.onnx,int8.pte") { putExtra("input", "0.bin,1.bin") }
        assertTrue(failure.takeIf(File::exists)?.readText() ?: "no result", result.exists())
        val said = Python.run(READ, result.path).lines()
        assertEquals("int8.onnx int8 (192, 256) logits | 50 samples, 10 turns | 1 threads", said[1])
        assertEquals("int8.pte int8 (192, 256) logits | 50 samples, 10 turns | 1 threads", said[2])
        val text = JSONObject(result.readText())
        val versions = text.getJSONArray("sessions").getJSONObject(0).getString("versions")
        assertTrue(versions, "ONNX Runtime" in versions && "ExecuTorch" in versions)
        val series = text.getJSONArray("series")
        val (one, other) =
            List(2) { i -> series.getJSONObject(i).getJSONArray("at_s").let { at -> List(10) { at.getDouble(it) } } }
        for (turn in 0 until 10) assertTrue(one[turn] < other[turn] && (turn == 9 || other[turn] < one[turn + 1]))
    }

    @Test
    fun `a brief measurement is load, first inference and memory`() {
        start("int8.onnx") { putExtra("brief", true).putExtra("protocol", "strict") }
        assertTrue(failure.takeIf(File::exists)?.readText() ?: "no result", result.exists())
        val said = Python.run(READ, result.path).lines()
        assertEquals("in app | in app | time | strict | False | brief: only load, first inference and memory", said[0])
        assertEquals("int8.onnx int8 (192, 256) logits | 2 samples, 1 turns | 1 threads", said[1])
        val series = JSONObject(result.readText()).getJSONArray("series").getJSONObject(0)
        assertTrue(series.getDouble("load_ms") > 0 && series.getDouble("first_ms") > 0)
        assertTrue(series.getLong("process_peak_kb") > 1000)
    }

    @Test
    @Config(sdk = [26])
    fun `an old Android reports less, and the result says so`() {
        start("int8.pte")
        assertTrue(failure.takeIf(File::exists)?.readText() ?: "no result", result.exists())
        Python.run(READ, result.path)
        val before = JSONObject(result.readText()).getJSONArray("sessions").getJSONObject(0).getJSONObject("before")
        assertTrue(before.isNull("thermal_status"))
    }

    @Test
    fun `a repetition outside the protocol is refused`() {
        start("int8.onnx") { putExtra("protocol", "strict").putExtra("repeat", 2) }
        assertEquals("a repetition of strict: 0 to 1", error().getString("expected"))
    }

    @Test
    fun `errors have expected, found and fix`() {
        start("int8.onnx") { putExtra("protocol", "hasty") }
        assertEquals("one of the protocols quick, standard, strict, sustained", error().getString("expected"))
        start("int8.onnx") { putExtra("threads", 0) }
        assertEquals("0", error().getString("found"))
        start("int8.onnx,int8.pte")
        assertEquals("one input for each of 2 artifacts", error().getString("expected"))
        assertEquals(Failure.REQUEST, error().getInt("status"))
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
    fun `unknown values do not pass where the protocol refuses`() {
        start("int8.onnx") { putExtra("protocol", "strict").putExtra("allow", "hot,throttled,saver,threads") }
        assertTrue(error().getString("found"), "busy: the device does not report it" in error().getString("found"))
        assertEquals(Failure.GATE, error().getInt("status"))
        assertFalse(result.exists())
    }

    @Test
    fun `a file that cannot run, and no space for the result`() {
        val file = File(folder, "int8.onnx")
        file.writeBytes(ByteArray(1000))
        val manifest = File(folder, "int8.onnx.json")
        val json = JSONObject(manifest.readText())
        json.getJSONObject("artifact").put("sha256", sha256(file))
        manifest.writeText(json.toString())
        start("int8.onnx")
        assertTrue(error().getString("expected").startsWith("RUNTIME"))
        push()
        assertTrue(File(folder, "result.json.part").mkdir())
        start("int8.onnx")
        assertEquals("space for the result", error().getString("expected"))
        assertEquals(Failure.OTHER, error().getInt("status"))
    }

    private fun error(): JSONObject {
        assertTrue("an error is there", failure.exists())
        return JSONObject(failure.readText())
    }

    private fun start(artifact: String, more: Intent.() -> Unit = {}) {
        val intent = Intent().putExtra("artifact", artifact).putExtra("input", "0.bin").apply(more)
        val controller = Robolectric.buildActivity(BenchmarkActivity::class.java, intent).setup()
        controller.get().await()
        ShadowLooper.idleMainLooper()
        controller.pause().stop().destroy()
    }

    private companion object {
        const val READ =
            """
import sys
from pathlib import Path
from mobileseg.latency.results.result import read_result
r = read_result(Path(sys.argv[1]))
(session,) = r.sessions
print(r.device, session.runner, r.quantity, r.protocol.name, r.complete, r.reason, sep=" | ")
for s in r.series:
    turns = f"{len(s.samples_ms)} samples, {len(s.at_s)} turns"
    print(f"{s.file} {s.precision} {s.size} {s.emit}", turns, f"{session.threads} threads", sep=" | ")
"""
    }
}
