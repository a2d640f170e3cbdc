package org.mobileseg.demo.artifact

import java.io.File
import org.json.JSONArray
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.engine.RawOutput
import org.mobileseg.demo.engine.SegmentationEngine
import org.mobileseg.demo.engine.Segmenter
import org.mobileseg.demo.image.ModelInput
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal

/** Files that are not what their manifests say. */
class ArtifactTest {
    @get:Rule val temporary = TemporaryFolder()

    @Test
    fun `a file with its manifest is opened`() {
        assertEquals("int8", readArtifact(copy("int8.onnx")).manifest.precision)
    }

    @Test
    fun `one changed byte is noticed`() {
        val file = copy("int8.onnx")
        val bytes = file.readBytes().also { it[it.size / 2] = (it[it.size / 2] + 1).toByte() }
        file.writeBytes(bytes)
        assertEquals(Problem.CHECKSUM, refusal { readArtifact(file) }.problem)
    }

    @Test
    fun `a missing file is named`() {
        val file = copy("int8.onnx")
        assertTrue(File(file.path + MANIFEST_SUFFIX).delete())
        assertEquals(Problem.MANIFEST_MISSING, refusal { readArtifact(file) }.problem)
        val other = copy("float32.onnx")
        assertTrue(other.delete())
        assertEquals(Problem.ARTIFACT_MISSING, refusal { readArtifact(other) }.problem)
        assertEquals(Problem.ARTIFACT_MISSING, refusal { readArtifact(File(temporary.root, "none.pte")) }.problem)
    }

    @Test
    fun `a file that its runtime cannot read is refused`() {
        for (name in listOf("int8.onnx", "int8.pte")) {
            val file = copy(name)
            file.writeBytes(ByteArray(1000) { it.toByte() })
            val artifact = readArtifact(restamped(file))
            val refusal = refusal { Segmenter.open(artifact.file, artifact.manifest, 1) }
            assertEquals(name, Problem.RUNTIME, refusal.problem)
        }
    }

    @Test
    fun `a manifest that contradicts the file is refused`() {
        val wrongInput = changed("float32.onnx") { getJSONObject("input").put("name", "picture") }
        assertEquals(Problem.INPUT, open(wrongInput).problem)
        val wrongSize =
            changed("float32.onnx") { getJSONObject("input").put("shape", JSONArray(listOf(1, 3, 256, 192))) }
        assertEquals(Problem.INPUT, open(wrongSize).problem)
        val wrongOutput =
            changed("float32.onnx") { getJSONObject("output").put("shape", JSONArray(listOf(1, 11, 32, 24))) }
        assertEquals(Problem.OUTPUT, open(wrongOutput).problem)
        val wrongName =
            changed("float32.onnx") {
                getJSONObject("output")
                    .put("name", "scores")
                    .getJSONArray("tensors")
                    .getJSONObject(0)
                    .put("name", "scores")
            }
        assertEquals(Problem.OUTPUT, open(wrongName).problem)
        val wrongGrid =
            changed("float32.pte") { getJSONObject("output").put("shape", JSONArray(listOf(1, 11, 32, 24))) }
        assertEquals(Problem.OUTPUT, open(wrongGrid).problem)
        val wrongPte = changed("float32.pte") { getJSONObject("input").put("shape", JSONArray(listOf(1, 3, 100, 100))) }
        assertEquals(Problem.RUNTIME, open(wrongPte).problem)
    }

    /** A runtime may give what its shape allows and its classes do not. */
    @Test
    fun `a class outside the manifest is refused`() {
        val manifest = Fixtures.artifact("mask.onnx").manifest
        var found = 10
        val engine =
            object : SegmentationEngine {
                override val runtime = "test"

                override fun run() = Unit

                override fun read(output: RawOutput) = output.mask.fill(found)

                override fun close() = Unit
            }
        val segmenter = Segmenter(manifest, ModelInput(manifest.input), engine)
        val map = ByteArray(manifest.input.size.area)
        segmenter.classify(map)
        for (number in listOf(11, 255, 256, -1)) {
            found = number
            assertEquals(Problem.OUTPUT, refusal { segmenter.classify(map) }.problem)
        }
    }

    private fun open(file: File): Refusal = refusal {
        readArtifact(file).run { Segmenter.open(this.file, manifest, 1) }
    }

    private fun refusal(action: () -> Unit): Refusal = assertThrows(Refusal::class.java) { action() }

    private fun copy(name: String): File {
        val folder = temporary.newFolder()
        for (file in listOf(name, name + MANIFEST_SUFFIX)) File(Fixtures.folder, file).copyTo(File(folder, file))
        return File(folder, name)
    }

    private fun changed(name: String, change: JSONObject.() -> Unit): File =
        copy(name).also { file ->
            val manifest = File(file.path + MANIFEST_SUFFIX)
            manifest.writeText(JSONObject(manifest.readText()).apply(change).toString())
        }

    private fun restamped(file: File): File = file.also {
        val manifest = File(file.path + MANIFEST_SUFFIX)
        val json = JSONObject(manifest.readText())
        json.getJSONObject("artifact").put("sha256", sha256(file))
        manifest.writeText(json.toString())
    }
}
