package org.mobileseg.demo.artifact

import java.io.ByteArrayInputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import org.json.JSONObject
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal

/** Copies of what was chosen: there whole, or not at all. */
class ArtifactStoreTest {
    @get:Rule val temporary = TemporaryFolder()
    private val store by lazy { ArtifactStore(temporary.root) }

    @Test
    fun `an artifact keeps its name, in any order, however often it is opened`() {
        for (names in listOf(listOf("download(1)", "download.json"), listOf("download.json", "x.bin"))) {
            val sources = names.map { Source(it) { stream(if (it.endsWith(".json")) "int8.pte.json" else "int8.pte") } }
            val file = store.install(sources)
            assertEquals("int8.pte", file.name)
            assertArrayEquals(File(Fixtures.folder, "int8.pte").readBytes(), file.readBytes())
            assertEquals(listOf(file), store.list())
        }
    }

    @Test
    fun `anything but one model and one manifest is refused`() {
        val model = source("int8.pte")
        val manifest = source("int8.pte.json")
        for (sources in
            listOf(
                emptyList(),
                listOf(model),
                listOf(manifest),
                listOf(model, model),
                listOf(manifest, manifest),
            )) assertRefused(Problem.FILES, sources)
    }

    @Test
    fun `unreadable or mismatched files leave nothing behind`() {
        val manifest = source("int8.pte.json")
        assertRefused(Problem.CHECKSUM, listOf(source("float32.pte"), manifest))
        assertRefused(
            Problem.ARTIFACT_MISSING,
            listOf(Source("a.pte") { throw IOException("the card is gone") }, manifest),
        )
        assertRefused(
            Problem.ARTIFACT_MISSING,
            listOf(Source("a.pte") { throw SecurityException("no more") }, manifest),
        )
        assertRefused(Problem.ARTIFACT_MISSING, listOf(Source("a.pte") { CutOff() }, manifest))
        assertRefused(Problem.MANIFEST_UNREADABLE, listOf(source("int8.pte"), Source("a.json") { Endless() }))
        assertRefused(Problem.MANIFEST_UNREADABLE, listOf(source("int8.pte"), source("int8.onnx", "a.json")))
    }

    @Test
    fun `files too large for the storage are refused before copying`() {
        val json = JSONObject(Fixtures.manifestText("int8.pte"))
        json.getJSONObject("artifact").put("size_bytes", Long.MAX_VALUE)
        val manifest = Source("a.json") { ByteArrayInputStream(json.toString().toByteArray()) }
        assertRefused(Problem.SPACE, listOf(Source("a.pte") { error("it is not looked at") }, manifest))
    }

    private class Endless : InputStream() {
        override fun read(): Int = ' '.code
    }

    private class CutOff : InputStream() {
        override fun read(): Int = throw IOException("cut off")
    }

    private fun source(name: String, told: String = name) = Source(told) { stream(name) }

    private fun stream(name: String): InputStream = File(Fixtures.folder, name).inputStream()

    private fun assertRefused(problem: Problem, sources: List<Source>) {
        assertEquals(problem, assertThrows(Refusal::class.java) { store.install(sources) }.problem)
        assertTrue(temporary.root.list().orEmpty().isEmpty())
    }
}
