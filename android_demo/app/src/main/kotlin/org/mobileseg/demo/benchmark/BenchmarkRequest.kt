package org.mobileseg.demo.benchmark

import java.io.File

/**
 * An error in the three parts of Python's errors. [status]: the exit code of `mobileseg latency` for it: 1 a gate, 2
 * the request, 3 anything else.
 */
class Failure(val expected: String, val found: String, val fix: String, val status: Int = REQUEST) :
    Exception("expected $expected; found $found; fix: $fix") {
    companion object {
        const val GATE: Int = 1
        const val REQUEST: Int = 2
        const val OTHER: Int = 3
    }
}

/** A file with its manifest beside it, and its input: raw little-endian float32 `(1, 3, H, W)`. */
data class Subject(val artifact: File, val input: File)

/**
 * The request of an `am start`. [subjects] are in the app's own storage and are measured in turns; [repeat] counts from
 * 0: every repetition is a start of its own, in a new process; [brief]: only loading, first inference and memory;
 * [allow]: gates that are recorded instead of refused; [command]: the command that drives it, for the record.
 */
data class BenchmarkRequest(
    val subjects: List<Subject>,
    val protocol: Protocol,
    val threads: Int,
    val inputName: String,
    val result: File,
    val repeat: Int,
    val brief: Boolean,
    val allow: Set<String>,
    val command: String?,
) {
    companion object {
        const val ARTIFACT: String = "artifact"
        const val PROTOCOL: String = "protocol"
        const val THREADS: String = "threads"
        const val INPUT: String = "input"
        const val INPUT_NAME: String = "input_name"
        const val RESULT: String = "result"
        const val REPEAT: String = "repeat"
        const val BRIEF: String = "brief"
        const val ALLOW: String = "allow"
        const val COMMAND: String = "command"

        /** [folder]: the folder with the files; [text] and [number] return an extra, or null. Throws [Failure]. */
        fun of(folder: File, text: (String) -> String?, number: (String) -> Int?, brief: Boolean): BenchmarkRequest {
            val name = text(PROTOCOL) ?: "quick"
            val protocol =
                Protocol.ALL[name]
                    ?: throw Failure(
                        "one of the protocols ${Protocol.ALL.keys.joinToString()}",
                        name,
                        "--es $PROTOCOL NAME",
                    )
            val threads = number(THREADS) ?: 1
            if (threads < 1) throw Failure("at least 1 thread", "$threads", "--ei $THREADS NUMBER")
            val repeat = number(REPEAT) ?: 0
            if (repeat !in 0 until protocol.repeats) {
                throw Failure(
                    "a repetition of $name: 0 to ${protocol.repeats - 1}",
                    "$repeat",
                    "--ei $REPEAT NUMBER",
                )
            }
            val inputs = names(text, INPUT)
            return BenchmarkRequest(
                subjects = subjects(folder, names(text, ARTIFACT), inputs),
                protocol = protocol,
                threads = threads,
                inputName = text(INPUT_NAME) ?: inputs.joinToString(),
                result = inside(folder, text(RESULT) ?: "result.json"),
                repeat = repeat,
                brief = brief,
                allow = text(ALLOW)?.split(',')?.filter(String::isNotEmpty)?.toSet().orEmpty(),
                command = text(COMMAND),
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
