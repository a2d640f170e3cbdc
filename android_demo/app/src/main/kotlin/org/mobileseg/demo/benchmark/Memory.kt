package org.mobileseg.demo.benchmark

import java.io.File
import java.io.IOException

/** Memory of this process as Linux tells it, KiB; null where it does not. */
class Memory(private val process: File = File("/proc/self")) {
    /** What is resident now, from which the peak counts; null where the peak cannot be reset. */
    fun resetPeak(): Long? =
        try {
            val now = field("VmRSS:")
            File(process, "clear_refs").writeText(RESET_PEAK)
            now
        } catch (_: IOException) {
            null
        }

    /** The most that was resident. */
    fun peakKb(): Long? = field("VmHWM:")

    private fun field(name: String): Long? =
        try {
            File(process, "status").useLines { lines ->
                lines
                    .firstOrNull { it.startsWith(name) }
                    ?.removePrefix(name)
                    ?.trim()
                    ?.substringBefore(' ')
                    ?.toLongOrNull()
            }
        } catch (_: IOException) {
            null
        }

    private companion object {
        const val RESET_PEAK = "5" // proc(5): the peak becomes what is resident now
    }
}
