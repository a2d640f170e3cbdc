package org.mobileseg.demo.manifest

import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject
import org.json.JSONTokener

/**
 * An object of a JSON document with its path, which refusals name. Values are never converted: a number in quotes is
 * not a number.
 */
internal class JsonNode private constructor(private val path: String, private val json: JSONObject) {
    fun node(key: String): JsonNode = JsonNode(at(key), required(key, "an object"))

    fun nodes(key: String): List<JsonNode> =
        items(key).mapIndexed { i, item ->
            JsonNode("${at(key)}[$i]", item as? JSONObject ?: wrong("${at(key)}[$i]", "an object", item))
        }

    fun text(key: String): String = required(key, "text")

    fun textOrNull(key: String): String? = if (absent(key)) null else text(key)

    fun flag(key: String): Boolean = required(key, "true or false")

    fun long(key: String): Long = whole(at(key), json.opt(key))

    fun longs(key: String): List<Long> = items(key).mapIndexed { i, item -> whole("${at(key)}[$i]", item) }

    fun numbers(key: String): List<Double> =
        items(key).mapIndexed { i, item -> (item as? Number ?: wrong("${at(key)}[$i]", "a number", item)).toDouble() }

    fun texts(key: String): List<String> =
        items(key).mapIndexed { i, item -> item as? String ?: wrong("${at(key)}[$i]", "text", item) }

    fun lists(key: String): List<List<Long>> =
        items(key).mapIndexed { i, item ->
            val where = "${at(key)}[$i]"
            (item as? JSONArray ?: wrong(where, "a list", item)).toList().map { whole(where, it) }
        }

    fun absent(key: String): Boolean = json.isNull(key)

    private fun items(key: String): List<Any?> = required<JSONArray>(key, "a list").toList()

    private fun whole(where: String, value: Any?): Long =
        when (value) {
            is Int -> value.toLong()
            is Long -> value
            else -> wrong(where, "a whole number", value)
        }

    private inline fun <reified T> required(key: String, kind: String): T {
        val value = json.opt(key)
        return value as? T ?: wrong(at(key), kind, value)
    }

    private fun at(key: String): String = if (path.isEmpty()) key else "$path.$key"

    private fun wrong(where: String, kind: String, value: Any?): Nothing {
        val found = if (value == null || value == JSONObject.NULL) "nothing" else value.toString().take(SHOWN)
        throw Refusal(Problem.MANIFEST_UNREADABLE, "$where: $kind", found)
    }

    companion object {
        private const val SHOWN = 60

        /** The document's root object; [Problem.MANIFEST_UNREADABLE] for anything else. */
        fun parse(text: String): JsonNode {
            val tokens = JSONTokener(text)
            val root =
                try {
                    tokens.nextValue().also {
                        if (tokens.nextClean() != END) throw JSONException("text after the object")
                    }
                } catch (error: JSONException) {
                    throw Refusal(Problem.MANIFEST_UNREADABLE, "JSON", error.message.orEmpty(), error)
                } catch (error: StackOverflowError) {
                    throw Refusal(Problem.MANIFEST_UNREADABLE, "JSON", "thousands of nested brackets", error)
                }
            val json =
                root as? JSONObject ?: throw Refusal(Problem.MANIFEST_UNREADABLE, "{...}", root.toString().take(SHOWN))
            return JsonNode("", json)
        }

        private const val END = '\u0000'

        private fun JSONArray.toList(): List<Any?> = List(length()) { opt(it) }
    }
}
