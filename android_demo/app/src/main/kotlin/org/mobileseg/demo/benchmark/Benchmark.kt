package org.mobileseg.demo.benchmark

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import org.mobileseg.demo.artifact.readArtifact
import org.mobileseg.demo.engine.RawOutput
import org.mobileseg.demo.engine.SegmentationEngine
import org.mobileseg.demo.engine.loadEngine
import org.mobileseg.demo.engine.prepareRuntime
import org.mobileseg.demo.image.rewindAll
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.OutputKind
import org.mobileseg.demo.manifest.OutputSpec
import org.mobileseg.demo.manifest.Refusal

/** Device and runner in a result: times in the shell and in the app differ and are never mixed. */
const val IN_APP: String = "in app"

/**
 * One run of a request. Runs on a worker thread. [version]: of this app and of what was asked of the system; [hints]:
 * opens a session for a target in ns per inference.
 */
class Benchmark(
    private val request: BenchmarkRequest,
    private val version: String,
    private val watch: Watch,
    private val events: Events,
    private val progress: Progress,
    private val hints: (Long) -> Hints? = { null },
) {
    /** Throws [Failure], [Refusal], [IOException], [InterruptedException]. */
    fun run() {
        val files =
            request.subjects.map { subject ->
                val artifact = readArtifact(subject.artifact)
                artifact to readInput(subject.input, artifact.manifest.input)
            }
        val runtimes = files.map { (artifact, _) -> prepareRuntime(artifact.manifest.target) }.distinct()
        val words = (runtimes + version).joinToString()
        events.tell("start", "runner" to IN_APP, "version" to words, "threads" to request.threads, "cores" to null)
        val loads = files.map { (artifact, input) ->
            { loadEngine(artifact.file, artifact.manifest, input, request.threads) }
        }
        val specs = files.map { (artifact, _) -> artifact.manifest.output }
        Measurement(request.plan, Memory(), watch, hints).run(loads, events, progress) { writeOutputs(it, specs) }
        events.tell("end")
    }

    private fun writeOutputs(engines: List<SegmentationEngine>, specs: List<OutputSpec>) {
        val folder = request.output ?: return
        folder.mkdirs()
        for ((index, engine) in engines.withIndex()) {
            val output = RawOutput(specs[index]).also(engine::read)
            File(folder, "$index.0.bin").writeBytes(bytes(output, specs[index]))
        }
    }
}

/** Little-endian numbers of the type in the manifest. */
internal fun bytes(output: RawOutput, spec: OutputSpec): ByteArray {
    val size = if (spec.dtype == "int64") Long.SIZE_BYTES else Int.SIZE_BYTES
    val buffer = ByteBuffer.allocate(size * spec.elements).order(ByteOrder.LITTLE_ENDIAN)
    when {
        spec.kind == OutputKind.LOGITS -> output.logits.forEach(buffer::putFloat)
        spec.dtype == "int64" -> output.mask.forEach { buffer.putLong(it.toLong()) }
        else -> output.mask.forEach(buffer::putInt)
    }
    return buffer.array()
}

/** Reads raw little-endian float32 of the input's shape. Throws [Failure]. */
internal fun readInput(file: File, spec: InputSpec): FloatBuffer {
    val wanted = Float.SIZE_BYTES * 3 * spec.size.area
    val bytes =
        try {
            file.readBytes()
        } catch (error: IOException) {
            throw Failure("the input ${file.name}", error.message.orEmpty(), "push it to the app's storage")
        }
    if (bytes.size != wanted) {
        throw Failure(
            "$wanted bytes: float32 (1, 3, ${spec.size})",
            "${bytes.size}",
            "write the input in this file's size",
        )
    }
    val direct = ByteBuffer.allocateDirect(wanted).order(ByteOrder.nativeOrder()).asFloatBuffer()
    direct.put(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer())
    direct.rewindAll()
    return direct
}
