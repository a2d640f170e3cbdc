package org.mobileseg.demo.manifest

import kotlin.random.Random
import org.json.JSONArray
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.Fixtures

class ManifestParserTest {
    private val text = Fixtures.manifestText("int8.pte")

    @Test
    fun `exported manifests are read`() {
        val manifest = parseManifest(text)
        assertEquals(Target.EXECUTORCH, manifest.target)
        assertEquals("seaformer-tiny", manifest.model)
        assertEquals("int8", manifest.precision)
        assertEquals(InputSpec("image", Size(192, 256), 0f, 255f), manifest.input)
        assertEquals(Size(24, 32), manifest.output.grid)
        assertEquals(OutputKind.LOGITS, manifest.output.kind)
        assertEquals(listOf("sky", "building", "pole"), manifest.output.classes.take(3))
        assertEquals(listOf(0x808080, 0x800000, 0xC0C080), manifest.output.palette.take(3))
        assertEquals("Apache-2.0", manifest.licence)
        assertNull(manifest.note)
        assertEquals("int8.pte", manifest.file.name)
        assertEquals(OutputKind.MASK, parseManifest(Fixtures.manifestText("mask.onnx")).output.kind)
    }

    @Test
    fun `each mismatch is refused with its own reason`() {
        assertRefused(Problem.SCHEMA) { put("schema_version", 2) }
        assertRefused(Problem.TARGET) { put("target", "coreml") }
        assertRefused(Problem.INPUT) { getJSONObject("input").put("layout", "NHWC") }
        assertRefused(Problem.INPUT) { getJSONObject("input").put("color", "BGR") }
        assertRefused(Problem.INPUT) { getJSONObject("input").put("dtype", "float16") }
        assertRefused(Problem.INPUT) { getJSONObject("input").put("shape", JSONArray(listOf(2, 3, 192, 256))) }
        assertRefused(Problem.INPUT) { getJSONObject("input").put("shape", JSONArray(listOf(1, 3, 192, 100_000))) }
        assertRefused(Problem.INPUT) { getJSONObject("input").put("range", JSONArray(listOf(1, 0))) }
        assertRefused(Problem.INPUT) { resize().put("mode", "stretch") }
        assertRefused(Problem.INPUT) { resize().put("filter", "nearest") }
        assertRefused(Problem.INPUT) { resize().put("mode", "letterbox").put("bars", JSONArray(listOf(1, 2, 256))) }
        assertRefused(Problem.MANIFEST_UNREADABLE) { resize().put("mode", "letterbox") } // without bars
        assertRefused(Problem.OUTPUT) { getJSONObject("output").put("kind", "boxes") }
        assertRefused(Problem.OUTPUT) { getJSONObject("output").put("shape", JSONArray(listOf(1, 12, 24, 32))) }
        assertRefused(Problem.OUTPUT) { getJSONObject("output").put("shape", JSONArray(listOf(1, 11))) }
        assertRefused(Problem.OUTPUT) { getJSONObject("output").put("dtype", "float16") }
        assertRefused(Problem.OUTPUT) { getJSONObject("output").put("classes", JSONArray(listOf("road"))) }
        assertRefused(Problem.OUTPUT) { getJSONObject("output").put("palette", JSONArray(listOf(listOf(1, 2, 3)))) }
        assertRefused(Problem.OUTPUT) { getJSONObject("output").put("name", "somewhere else") }
        assertRefused(Problem.OUTPUT) { getJSONObject("model").put("num_classes", 257) }
        assertRefused(Problem.OUTPUT) { putAll(256, listOf(1, 256, 4096, 4096)) } // 2^32 numbers
        assertRefused(Problem.MANIFEST_UNREADABLE) { getJSONObject("artifact").put("sha256", "abc") }
        assertRefused(Problem.MANIFEST_UNREADABLE) { getJSONObject("artifact").put("file", "../escape.pte") }
        assertRefused(Problem.MANIFEST_UNREADABLE) { getJSONObject("artifact").put("file", "int8.onnx") }
        assertRefused(Problem.MANIFEST_UNREADABLE) { getJSONObject("weights").remove("licence") }
        assertRefused(Problem.MANIFEST_UNREADABLE) { put("target", 5) }
    }

    @Test
    fun `what becomes of a picture is read`() {
        val boxed = parseManifest(Fixtures.manifestText("letterbox.onnx")).input
        assertEquals(Resize.LETTERBOX, boxed.resize)
        assertEquals(listOf(123.675f, 116.28f, 103.53f), boxed.bars)
        assertEquals(Resize.CROP, parseManifest(Fixtures.manifestText("crop.onnx")).input.resize)
        val older = JSONObject(text).apply { getJSONObject("input").remove("resize") }
        assertEquals(Resize.SQUASH, parseManifest(older.toString()).input.resize)
    }

    private fun JSONObject.resize(): JSONObject = getJSONObject("input").getJSONObject("resize")

    @Test
    fun `a refusal names the JSON path`() {
        val refusal = refusal { getJSONObject("input").put("shape", JSONArray(listOf(1, 3, "192", 256))) }
        assertEquals("input.shape[2]: a whole number", refusal.expected)
        assertEquals("192", refusal.found)
    }

    @Test
    fun `other text is refused`() {
        val others =
            listOf(
                "",
                "null",
                "[]",
                "42",
                "\"text\"",
                "{",
                "{}}",
                text + text,
                "[".repeat(100_000),
                "{\"schema_version\":1.5}",
            )
        for (other in others) {
            val refusal = assertThrows(other.take(20), Refusal::class.java) { parseManifest(other) }
            assertEquals(Problem.MANIFEST_UNREADABLE, refusal.problem)
        }
    }

    @Test
    fun `missing names and colours are generated`() {
        val json = JSONObject(text)
        json.getJSONObject("output").put("classes", JSONObject.NULL).put("palette", JSONObject.NULL)
        val output = parseManifest(json.toString()).output
        assertEquals("class 10", output.classes.last())
        // mobileseg.data.classes.generated_palette(7)
        assertEquals(
            listOf(0xFF7373, 0x0A3FBF, 0x628039, 0xFF0DE1, 0x56BFAE, 0x804806, 0x9673FF),
            output.palette.take(7),
        )
    }

    /** A classifier, as seaformer-tiny-cls is exported: it gives no map. */
    @Test
    fun `a classifier is refused`() {
        assertRefused(Problem.OUTPUT) { putAll(1000, listOf(1, 1000)) }
        assertRefused(Problem.OUTPUT) { putAll(10, listOf(1, 10)) }
    }

    /** Models that are not in the tests' exports: other sizes, strides, numbers of classes, precisions, kinds. */
    @Test
    fun `manifests of any segmentation model are read`() {
        val random = Random(11)
        repeat(500) {
            val size = Size(random.nextInt(8, 4097), random.nextInt(8, 4097))
            val classes = random.nextInt(1, 257)
            val kind = listOf("logits", "mask", "panoptic").random(random)
            val grid = if (kind == "mask") size else Size(size.height / 8, size.width / 8)
            val shape =
                if (kind == "mask") listOf(1, grid.height, grid.width) else listOf(1, classes, grid.height, grid.width)
            val json = JSONObject(text).apply { putAll(classes, shape) }
            val names = listOf("semantic", "center", "offset").shuffled(random)
            json.getJSONObject("input").put("shape", JSONArray(listOf(1, 3, size.height, size.width)))
            json
                .getJSONObject("output")
                .put("kind", kind)
                .put("name", "semantic")
                .put("dtype", if (kind == "mask") listOf("int32", "int64").random(random) else "float32")
                .put("tensors", JSONArray(names.map { JSONObject().put("name", it) }))
            json.getJSONObject("precision").put("name", "int8-weights")
            if (shape.fold(1L, Long::times) > Int.MAX_VALUE / 8) {
                assertEquals(
                    Problem.OUTPUT,
                    assertThrows(Refusal::class.java) { parseManifest(json.toString()) }.problem,
                )
                return@repeat
            }
            val manifest = parseManifest(json.toString())
            assertSound(manifest)
            assertEquals(size, manifest.input.size)
            assertEquals(shape.map(Int::toLong), manifest.output.shape)
            assertEquals(names.indexOf("semantic") to 3, manifest.output.index to manifest.output.count)
            assertEquals(classes, manifest.output.palette.size)
        }
    }

    /** Whatever is done to a manifest, it is read into something sound or refused; nothing else is thrown. */
    @Test
    fun `a damaged manifest is read correctly or refused`() {
        val random = Random(7)
        var refused = 0
        repeat(3000) {
            val damaged =
                if (random.nextInt(4) == 0) damageText(random)
                else JSONObject(text).also { damage(it, random) }.toString()
            try {
                assertSound(parseManifest(damaged))
            } catch (_: Refusal) {
                refused++
            }
        }
        assertTrue("$refused of 3000 refused", refused in 500..2999)
    }

    /** As a model without names for its classes. */
    private fun JSONObject.putAll(classes: Int, shape: List<Int>) {
        getJSONObject("model").put("num_classes", classes)
        getJSONObject("output")
            .put("classes", JSONObject.NULL)
            .put("palette", JSONObject.NULL)
            .put("shape", JSONArray(shape))
    }

    private fun assertSound(manifest: ArtifactManifest) {
        val (input, output) = manifest.input to manifest.output
        assertTrue(input.size.height in 8..4096 && input.size.width in 8..4096 && input.low < input.high)
        assertTrue(output.classes.size in 1..256 && output.palette.size == output.classes.size)
        assertTrue(output.palette.all { it in 0..0xFFFFFF })
        assertTrue(output.index in 0 until output.count && output.elements > 0)
        assertTrue('/' !in manifest.file.name && manifest.file.sha256.length == 64)
    }

    private fun damageText(random: Random): String {
        val at = random.nextInt(text.length)
        return when (random.nextInt(3)) {
            0 -> text.take(at)
            1 -> text.removeRange(at, (at + random.nextInt(1, 9)).coerceAtMost(text.length))
            else -> text.replaceRange(at, at + 1, random.nextInt(0x20, 0x3000).toChar().toString())
        }
    }

    private fun damage(json: JSONObject, random: Random) {
        val key = json.keys().asSequence().toList().random(random)
        val value = json.get(key)
        when {
            value is JSONObject && value.length() > 0 && random.nextInt(5) > 0 -> damage(value, random)
            value is JSONArray && value.length() > 0 && random.nextBoolean() ->
                value.put(random.nextInt(value.length()), stranger(random))
            random.nextInt(4) == 0 -> json.remove(key)
            else -> json.put(key, stranger(random))
        }
    }

    private fun stranger(random: Random): Any =
        when (random.nextInt(9)) {
            0 -> JSONObject.NULL
            1 -> random.nextInt()
            2 -> random.nextLong()
            3 -> random.nextDouble(-1e300, 1e300)
            4 -> ""
            5 -> "text"
            6 -> true
            7 -> JSONArray(List(random.nextInt(5)) { random.nextInt(-3, 300) })
            else -> JSONObject()
        }

    private fun refusal(change: JSONObject.() -> Unit): Refusal {
        val changed = JSONObject(text).apply(change).toString()
        return assertThrows(Refusal::class.java) { parseManifest(changed) }
    }

    private fun assertRefused(problem: Problem, change: JSONObject.() -> Unit) {
        assertEquals(problem, refusal(change).problem)
    }
}
