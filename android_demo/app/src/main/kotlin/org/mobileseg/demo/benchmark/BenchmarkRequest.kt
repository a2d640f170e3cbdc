package org.mobileseg.demo.benchmark

import java.io.File

/**
 * What cannot be done as asked, in the three parts in which Python's errors speak. [status]: the exit code of
 * `mobileseg latency` for it: 1 a gate, 2 the request, 3 anything else.
 */
class Failure(val expected: String, val found: String, val fix: String, val status: Int = REQUEST) :
    Exception("expected $expected; found $found; fix: $fix") {
    companion object {
        const val GATE: Int = 1
        const val REQUEST: Int = 2
        const val OTHER: Int = 3
    }
}

/** A file with its manifest beside it, and what is put into it: raw little-endian float32 `(1, 3, H, W)`. */
data class Subject(val artifact: File, val input: File)

/**
 * What `am start` asks for. [subjects] lie in the app's own storage and are measured in turns; [repeat] counts from 0:
 * every repetition is a start of its own, in a new process; [brief]: loading, first inference and memory alone;
 * [allow]: gates that are recorded instead of refused; [command]: what drives it, for the record.
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

        /** [folder]: where the files are; [text] and [number] give an extra, or null. Throws [Failure]. */
        fun of(folder: File, text: (String) -> String?, number: (String) -> Int?, brief: Boolean): BenchmarkRequest {
            val name = text(PROTOCOL) ?: "quick"
            val protocol =
                Protocol.ALL[name]
                    ?: throw Failure(
                        "a protocol: ${Protocol.ALL.keys.joinToString()}",
                        name,
                        "--es $PROTOCOL NAME",
                    )
            val threads = number(THREADS) ?: 1
            if (threads < 1) throw Failure("threads from 1", "$threads", "--ei $THREADS NUMBER")
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
                throw Failure("an input for each of ${artifacts.size} artifacts", "${inputs.size}", "--es $INPUT A,B")
            return artifacts.zip(inputs) { file, input -> Subject(inside(folder, file), inside(folder, input)) }
        }

        /** An extra's names, which commas part. */
        private fun names(text: (String) -> String?, extra: String): List<String> {
            val said = text(extra)
            if (said.isNullOrEmpty()) throw Failure("the extra $extra", "none", "--es $extra NAME")
            return said.split(',')
        }

        private fun inside(folder: File, name: String): File {
            if (name.isEmpty() || name.startsWith(".") || '/' in name)
                throw Failure("a file's name in $folder", name, "push it there")
            return File(folder, name)
        }
    }
}
