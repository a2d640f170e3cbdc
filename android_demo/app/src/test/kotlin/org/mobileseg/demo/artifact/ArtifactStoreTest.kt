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

    @Test
    fun `a bundled model that was exported again replaces the older one, a user's own stays`() {
        val known = mutableMapOf<String, String>()
        val old = bundled("int8.pte", "int8.pte").install(known).let { store.list().single() }
        assertTrue(bundled("int8.pte", "int8.pte").install(known).isEmpty())
        val own = store.install(renamed("int8.onnx"))
        val replaced = bundled("int8.pte", "float32.pte").install(known)
        val new = replaced.getValue(old)
        assertEquals(setOf(own, new), store.list().toSet())
        assertArrayEquals(File(Fixtures.folder, "float32.pte").readBytes(), new.readBytes())
        assertEquals(new.parentFile!!.name, known["int8.pte"])
        // From a version of the app that did not remember what it had copied.
        val forgotten = mutableMapOf<String, String>()
        assertEquals(2, bundled("int8.pte", "int8.pte").install(forgotten).size)
        assertEquals(1, store.list().size)
    }

    /** Assets with the content of [content] under the name [name]. */
    private fun bundled(name: String, content: String): Bundled =
        Bundled(store, setOf(name, "$name.json")) { asked ->
            if (asked.endsWith(".json")) named(content, name).byteInputStream() else stream(content)
        }

    /** Under the bundled model's name, of another runtime's bytes. */
    private fun renamed(content: String): List<Source> =
        listOf(Source("own.json") { named(content, "int8.pte").byteInputStream() }, source(content, "own.pte"))

    private fun named(content: String, name: String): String =
        JSONObject(Fixtures.manifestText(content))
            .put("target", "executorch")
            .apply { getJSONObject("artifact").put("file", name) }
            .toString()

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
