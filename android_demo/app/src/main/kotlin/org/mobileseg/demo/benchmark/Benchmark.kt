package org.mobileseg.demo.benchmark

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import java.time.Instant
import org.json.JSONObject
import org.mobileseg.demo.artifact.readArtifact
import org.mobileseg.demo.engine.SegmentationEngine
import org.mobileseg.demo.engine.loadEngine
import org.mobileseg.demo.image.rewindAll
import org.mobileseg.demo.manifest.InputSpec
import org.mobileseg.demo.manifest.Refusal

/** One session of a protocol: gates, measurement, gates. On a thread of its own. */
class Benchmark(
    private val request: BenchmarkRequest,
    private val properties: Properties,
    private val sensors: () -> Sensors,
    private val appVersion: String,
    private val progress: Progress,
    private val pause: (Long) -> Unit = Thread::sleep,
) {
    /** The result's JSON. Throws [RequestFailure], [Refusal], [InterruptedException]. */
    fun run(): JSONObject {
        val artifact = readArtifact(request.artifact)
        val manifest = artifact.manifest
        val input = readInput(request.input, manifest.input)
        val protocol = request.protocol
        val crowded = listOfNotNull(threadsFinding(request.threads, properties.cores.size))
        val (before, waited) = waitUntilFit(crowded)
        lateinit var engine: SegmentationEngine
        val load = { loadEngine(artifact.file, manifest, input, request.threads).also { engine = it } }
        val record = Measurement(protocol, Memory()).run(load, progress)
        val after = sensors()
        val findings = inspect(after) + listOfNotNull(warmupFinding(record, artifact.file.name, protocol))
        return resultJson(
            Outcome(
                request,
                manifest,
                record,
                properties,
                before,
                after,
                waited + judge(findings, "after", protocol.refuseAfter, request.allow),
                runtime = engine.runtime,
                versions = mapOf("app" to appVersion),
                created = Instant.now(),
            )
        )
    }

    /**
     * The reading with which the measurement may begin. Waits as long as the protocol allows; what is not known never
     * gets known.
     */
    private fun waitUntilFit(crowded: List<Finding>): Pair<Sensors, List<Deviation>> {
        val protocol = request.protocol
        var waited = 0.0
        while (true) {
            val now = sensors()
            val deviations = judge(inspect(now) + crowded, "before", protocol.refuseBefore, request.allow)
            val refused = deviations.filter { it.verdict == "refused" }
            if (refused.isEmpty()) return now to deviations
            val hopeless = refused.any { !it.finding.known || it.finding in crowded }
            if (hopeless || waited >= protocol.waitS) throw refusalOf(refused)
            pause(POLL_MS)
            waited += POLL_MS / MS_PER_S
        }
    }

    private fun refusalOf(refused: List<Deviation>) =
        RequestFailure(
            "protocol ${request.protocol.name}: ${refused.joinToString("; ") { it.finding.expected }}",
            refused.joinToString("; ") { "${it.finding.gate}: ${it.finding.found}" },
            "mend it, or record it with --es ${BenchmarkRequest.ALLOW} ${refused.joinToString(",") { it.finding.gate }}, " +
                "or choose a protocol that flags it",
        )

    private companion object {
        const val POLL_MS = 5000L
        const val MS_PER_S = 1000.0
    }
}

/** Raw little-endian float32 of the input's shape. Throws [RequestFailure]. */
internal fun readInput(file: File, spec: InputSpec): FloatBuffer {
    val wanted = Float.SIZE_BYTES * 3 * spec.size.area
    val bytes =
        try {
            file.readBytes()
        } catch (error: IOException) {
            throw RequestFailure("the input ${file.name}", error.message.orEmpty(), "push it")
        }
    if (bytes.size != wanted) {
        throw RequestFailure("$wanted bytes: float32 (1, 3, ${spec.size})", "${bytes.size}", "write it for this file")
    }
    val direct = ByteBuffer.allocateDirect(wanted).order(ByteOrder.nativeOrder()).asFloatBuffer()
    direct.put(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer())
    direct.rewindAll()
    return direct
}
