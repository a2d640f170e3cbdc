package org.mobileseg.demo.benchmark

import java.io.File

/** A request that cannot be done as asked, in the three parts in which Python's errors speak. */
class RequestFailure(val expected: String, val found: String, val todo: String) :
    Exception("expected $expected; found $found; to do: $todo")

/**
 * What `am start` asks for. [artifact] lies with its manifest in the app's own storage; [input]: raw little-endian
 * float32 `(1, 3, H, W)`; [repeat] counts from 0: every repetition is a start of its own, in a new process; [allow]:
 * gates that are recorded instead of refused; [command]: what drives it, for the record.
 */
data class BenchmarkRequest(
    val artifact: File,
    val protocol: Protocol,
    val threads: Int,
    val input: File,
    val inputName: String,
    val result: File,
    val repeat: Int,
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
        const val ALLOW: String = "allow"
        const val COMMAND: String = "command"

        /** [folder]: where relative names are; [text] and [number] give an extra, or null. Throws [RequestFailure]. */
        fun of(folder: File, text: (String) -> String?, number: (String) -> Int?): BenchmarkRequest {
            val name = text(PROTOCOL) ?: "quick"
            val protocol =
                Protocol.ALL[name]
                    ?: throw RequestFailure(
                        "a protocol: ${Protocol.ALL.keys.joinToString()}",
                        name,
                        "--es $PROTOCOL NAME",
                    )
            val threads = number(THREADS) ?: 1
            if (threads < 1) throw RequestFailure("threads from 1", "$threads", "--ei $THREADS NUMBER")
            val repeat = number(REPEAT) ?: 0
            if (repeat !in 0 until protocol.repeats) {
                throw RequestFailure(
                    "a repetition of $name: 0 to ${protocol.repeats - 1}",
                    "$repeat",
                    "--ei $REPEAT NUMBER",
                )
            }
            val input = inside(folder, text(INPUT), INPUT)
            return BenchmarkRequest(
                artifact = inside(folder, text(ARTIFACT), ARTIFACT),
                protocol = protocol,
                threads = threads,
                input = input,
                inputName = text(INPUT_NAME) ?: input.name,
                result = inside(folder, text(RESULT) ?: "result.json", RESULT),
                repeat = repeat,
                allow = text(ALLOW)?.split(',')?.filter(String::isNotEmpty)?.toSet().orEmpty(),
                command = text(COMMAND),
            )
        }

        private fun inside(folder: File, name: String?, extra: String): File {
            if (name.isNullOrEmpty()) throw RequestFailure("the extra $extra", "none", "--es $extra NAME")
            if (name.startsWith(".") || '/' in name)
                throw RequestFailure("a file's name in $folder", name, "push it there")
            return File(folder, name)
        }
    }
}
