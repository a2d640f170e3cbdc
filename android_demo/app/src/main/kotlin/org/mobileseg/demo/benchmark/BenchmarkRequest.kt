package org.mobileseg.demo.benchmark

import java.io.File

/** An error in the three parts of Python's errors. */
class Failure(val expected: String, val found: String, val fix: String) :
    Exception("expected $expected; found $found; fix: $fix")

/** A file with its manifest beside it, and its input: raw little-endian float32 `(1, 3, H, W)`. */
data class Subject(val artifact: File, val input: File)

/**
 * The request of an `am start`. [subjects] are in the app's own storage and are measured in turns; [watch]: files with
 * a number, read between turns; [events]: the file that gets a line for everything that happens; [output]: folder for
 * the outputs of the last runs.
 */
data class BenchmarkRequest(
    val subjects: List<Subject>,
    val plan: Plan,
    val threads: Int,
    val watch: List<File>,
    val output: File?,
) {
    companion object {
        const val ARTIFACT: String = "artifact"
        const val PROTOCOL: String = "protocol"
        const val THREADS: String = "threads"
        const val INPUT: String = "input"
        const val WATCH: String = "watch"
        const val EVENTS: String = "events"
        const val OUTPUT: String = "output"

        /** [folder]: the folder with the files; [text] and [number] return an extra, or null. Throws [Failure]. */
        fun of(folder: File, text: (String) -> String?, number: (String) -> Int?): BenchmarkRequest {
            val threads = number(THREADS) ?: 1
            if (threads < 1) throw Failure("at least 1 thread", "$threads", "--ei $THREADS NUMBER")
            return BenchmarkRequest(
                subjects = subjects(folder, names(text, ARTIFACT), names(text, INPUT)),
                plan = Plan.parse(text(PROTOCOL) ?: "{}"),
                threads = threads,
                watch = text(WATCH)?.split(',').orEmpty().filter { it.startsWith("/sys/") }.map(::File),
                output = text(OUTPUT)?.let { inside(folder, it) },
            )
        }

        private fun subjects(folder: File, artifacts: List<String>, inputs: List<String>): List<Subject> {
            if (inputs.size != artifacts.size)
                throw Failure("one input for each of ${artifacts.size} artifacts", "${inputs.size}", "--es $INPUT A,B")
            return artifacts.zip(inputs) { file, input -> Subject(inside(folder, file), inside(folder, input)) }
        }

        /** The names in an extra, separated by commas. */
        private fun names(text: (String) -> String?, extra: String): List<String> {
            val value = text(extra)
            if (value.isNullOrEmpty()) throw Failure("the extra $extra", "none", "--es $extra NAME")
            return value.split(',')
        }

        private fun inside(folder: File, name: String): File {
            if (name.isEmpty() || name.startsWith(".") || '/' in name)
                throw Failure("the name of a file in $folder", name, "push the file there and give its name")
            return File(folder, name)
        }
    }
}
