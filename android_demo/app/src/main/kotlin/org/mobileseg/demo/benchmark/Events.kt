package org.mobileseg.demo.benchmark

import java.io.Closeable
import java.io.File
import java.io.Writer
import org.json.JSONArray
import org.json.JSONObject

/** Takes what happens: the events of Python's `mobileseg.latency.measuring.stream`, which every runner reports. */
interface Events {
    fun tell(event: String, vararg fields: Pair<String, Any?>)

    /** Between two runs: slow, and not stuck. */
    fun alive() = Unit
}

/**
 * Appends a line of JSON to [file] for each event, at once: whoever drives the measurement reads it while it grows. An
 * old file is replaced. Methods throw [java.io.IOException].
 */
class EventFile(file: File, private val clock: () -> Long = System::nanoTime) : Events, Closeable {
    private val writer: Writer = file.bufferedWriter()
    private var last = clock()

    override fun tell(event: String, vararg fields: Pair<String, Any?>) {
        val line = JSONObject().put("event", event)
        for ((name, value) in fields) line.put(name, json(value))
        writer.write("$line\n")
        writer.flush()
        last = clock()
    }

    override fun alive() {
        if (clock() - last >= BEAT_NS) tell("beat")
    }

    override fun close() = writer.close()

    private fun json(value: Any?): Any =
        when (value) {
            null -> JSONObject.NULL
            is List<*> -> JSONArray(value.map(::json))
            else -> value
        }

    private companion object {
        const val BEAT_NS = 5_000_000_000L
    }
}
