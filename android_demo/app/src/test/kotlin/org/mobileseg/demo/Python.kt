package org.mobileseg.demo

import org.junit.Assert.assertEquals

/** The project's own Python. */
object Python {
    /** What [code] prints; fails with its words where it does not end well. */
    fun run(code: String, vararg arguments: String): String {
        val command = listOf(System.getProperty("python"), "-c", code, *arguments)
        val process = ProcessBuilder(command).redirectErrorStream(true).start()
        val words = process.inputStream.bufferedReader().readText()
        assertEquals(words, 0, process.waitFor())
        return words.trim()
    }
}
