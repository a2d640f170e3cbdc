package org.mobileseg.demo.benchmark

import java.io.File
import java.io.IOException

/**
 * What can be seen between turns: the numbers in [files], which the host names; the core of this thread and how often
 * it had to make room for others; Android's thermal status. Null: this app may not read it.
 */
class Watch(
    private val files: List<File>,
    private val thermalStatus: () -> Int?,
    private val thread: File = File("/proc/thread-self"),
) {
    private var last = Long.MIN_VALUE

    /** Tells the state if the last one is half a second old, or if this is the [final] one. [now], [began]: in ns. */
    fun look(events: Events, began: Long, now: Long, final: Boolean = false) {
        if (!final && last != Long.MIN_VALUE && now - last < EVERY_NS) return
        last = now
        events.tell(
            "state",
            "at_s" to (now - began) / NANOS_PER_S,
            "values" to files.map { text(it)?.trim()?.toLongOrNull() },
            "core" to text(File(thread, "stat"))?.substringAfterLast(')')?.trim()?.split(' ')?.getOrNull(CORE)?.toInt(),
            "switches" to text(File(thread, "status"))?.let(SWITCHES::find)?.groupValues?.get(1)?.toLong(),
            "thermal_status" to thermalStatus(),
        )
    }

    private fun text(file: File): String? =
        try {
            file.readText()
        } catch (_: IOException) {
            null
        }

    private companion object {
        const val EVERY_NS = 500_000_000L
        const val NANOS_PER_S = 1e9
        const val CORE = 36 // "processor" in proc(5), counted behind the name
        val SWITCHES = Regex("nonvoluntary_ctxt_switches:\\s*([0-9]+)")
    }
}
