package org.mobileseg.demo.manifest

import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject

/** A part of a model's card: facts as pairs of name and value. [title]: empty for the licence. */
class CardSection(val title: String, val facts: List<Pair<String, String>>)

/** Everything that the manifest in [text] says, in its order, but the licence and the note on the weights first. */
internal fun cardOf(text: String): List<CardSection> {
    val json =
        try {
            JSONObject(text)
        } catch (error: JSONException) {
            throw Refusal(Problem.MANIFEST_UNREADABLE, "JSON", error.message.orEmpty(), error)
        }
    val weights = json.optJSONObject("weights") ?: JSONObject()
    val first = listOf("licence", "note").filterNot(weights::isNull).map { "" to "${weights[it]}" }
    val plain = json.keys().asSequence().filterNot { json[it] is JSONObject }.toList()
    val sections = json.keys().asSequence().filter { json[it] is JSONObject }
    return listOf(CardSection("", first)) +
        listOf(CardSection("manifest", plain.flatMap { facts(it, json[it]) })) +
        sections.map { CardSection(it, facts("", json[it])) }
}

private fun facts(path: String, value: Any?): List<Pair<String, String>> =
    when (value) {
        is JSONObject -> value.keys().asSequence().toList().flatMap { facts(joined(path, it), value[it]) }
        is JSONArray -> {
            val items = List(value.length()) { value[it] }
            if (items.any { it is JSONObject }) items.flatMapIndexed { i, item -> facts("$path[$i]", item) }
            else listOf(path to items.joinToString())
        }
        JSONObject.NULL -> listOf(path to "–")
        else -> listOf(path to "$value")
    }

private fun joined(path: String, key: String): String = if (path.isEmpty()) key else "$path.$key"
