package org.mobileseg.demo.benchmark

import java.io.File
import java.io.IOException

/** Memory of this process from Linux, in KiB; null if it is not reported. */
class Memory(private val process: File = File("/proc/self")) {
    /** Resets the peak and returns the resident memory; null if the peak cannot be reset. */
    fun resetPeak(): Long? =
        try {
            val now = field("VmRSS:")
            File(process, "clear_refs").writeText(RESET_PEAK)
            now
        } catch (_: IOException) {
            null
        }

    /** Peak of the resident memory. */
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
