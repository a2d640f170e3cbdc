package org.mobileseg.demo.benchmark

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import java.time.Instant
import org.json.JSONObject
import org.mobileseg.demo.artifact.Artifact
import org.mobileseg.demo.artifact.readArtifact
import org.mobileseg.demo.engine.loadEngine
import org.mobileseg.demo.image.rewindAll
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Refusal

/** One session of a protocol: gates, measurement, gates. Runs on a worker thread. */
class Benchmark(
    private val request: BenchmarkRequest,
    private val properties: Properties,
    private val sensors: () -> Sensors,
    private val appVersion: String,
    private val progress: Progress,
    private val pause: (Long) -> Unit = Thread::sleep,
) {
    private val protocol = if (request.brief) request.protocol.brief() else request.protocol

    private class Loadable(val artifact: Artifact, val input: FloatBuffer)

    /** The result's JSON. Throws [Failure], [Refusal], [InterruptedException]. */
    fun run(): JSONObject {
        val files =
            request.subjects.map { subject ->
                val artifact = readArtifact(subject.artifact)
                Loadable(artifact, readInput(subject.input, artifact.manifest.input))
            }
        val fixed = listOfNotNull(threadsFinding(request.threads, properties.cores.size))
        val (before, waited) = waitForGates(fixed)
        val runtimes = mutableSetOf<String>()
        val loads = files.map { file ->
            {
                val (artifact, input) = file.artifact to file.input
                loadEngine(artifact.file, artifact.manifest, input, request.threads).also { runtimes += it.runtime }
            }
        }
        val records = Measurement(protocol, Memory()).run(loads, progress)
        val after = sensors()
        val measured = files.zip(records) { file, record -> Measured(file.artifact.manifest, record) }
        val findings = inspect(after) + measured.mapNotNull { warmupFinding(it, protocol) }
        return resultJson(
            Outcome(
                request,
                protocol,
                measured,
                properties,
                before,
                after,
                waited + deviationsOf(findings, "after", protocol.refuseAfter, request.allow),
                runtime = runtimes.joinToString(),
                versions = mapOf("app" to appVersion),
                created = Instant.now(),
            )
        )
    }

    /**
     * The reading with which the measurement may begin. Waits as long as the protocol allows, but not for values that
     * the device does not report, nor for findings that waiting cannot change ([fixed]).
     */
    private fun waitForGates(fixed: List<Finding>): Pair<Sensors, List<Deviation>> {
        var waited = 0.0
        while (true) {
            val now = sensors()
            val deviations = deviationsOf(inspect(now) + fixed, "before", protocol.refuseBefore, request.allow)
            val refused = deviations.filter { it.verdict == "refused" }
            if (refused.isEmpty()) return now to deviations
            val hopeless = refused.any { !it.finding.known || it.finding in fixed }
            if (hopeless || waited >= protocol.waitS) throw refusalOf(refused)
            pause(POLL_MS)
            waited += POLL_MS / MS_PER_S
        }
    }

    private fun refusalOf(refused: List<Deviation>) =
        Failure(
            "protocol ${protocol.name}: ${refused.joinToString("; ") { it.finding.expected }}",
            refused.joinToString("; ") { "${it.finding.gate}: ${it.finding.found}" },
            "remove the cause, record it with --es ${BenchmarkRequest.ALLOW} " +
                "${refused.joinToString(",") { it.finding.gate }}, or choose a protocol that only flags it",
            Failure.GATE,
        )

    private companion object {
        const val POLL_MS = 5000L
        const val MS_PER_S = 1000.0
    }
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
