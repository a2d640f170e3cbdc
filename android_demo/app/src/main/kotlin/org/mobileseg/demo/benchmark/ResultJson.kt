package org.mobileseg.demo.benchmark

import java.time.Instant
import java.time.temporal.ChronoUnit
import org.json.JSONArray
import org.json.JSONObject
import org.mobileseg.demo.manifest.ArtifactManifest

/** Device and runner in a result: times in the shell and in the app differ and are never mixed. */
const val IN_APP: String = "in app"

/** Schema of `mobileseg.latency.results.result.Result`. */
private const val RESULT_SCHEMA = 3

/** What was measured of one file. */
class Measured(val manifest: ArtifactManifest, val record: Record)

/** The content of a result. [protocol]: as it was applied. */
class Outcome(
    val request: BenchmarkRequest,
    val protocol: Protocol,
    val measured: List<Measured>,
    val properties: Properties,
    val before: Sensors,
    val after: Sensors,
    val deviations: List<Deviation>,
    val runtime: String,
    val versions: Map<String, String>,
    val created: Instant,
)

/**
 * The result in the format of `mobileseg latency --json`. It has one session; a protocol with repetitions is complete
 * when they are merged. Files have the names in their manifests.
 */
fun resultJson(outcome: Outcome): JSONObject {
    val (request, protocol) = outcome.request to outcome.protocol
    val reason =
        when {
            request.brief -> "brief: only load, first inference and memory"
            protocol.repeats > 1 -> "repetition ${request.repeat + 1} of ${protocol.repeats}"
            else -> null
        }
    return JSONObject()
        .put("schema_version", RESULT_SCHEMA)
        .put("created", outcome.created.truncatedTo(ChronoUnit.SECONDS).toString())
        .put("command", orNull(request.command))
        .put("device", IN_APP)
        .put("quantity", "time")
        .put("properties", json(outcome.properties))
        .put("protocol", protocol.toJson())
        .put("deviations", JSONArray(outcome.deviations.map(::json)))
        .put("versions", JSONObject(outcome.versions))
        .put("input", request.inputName)
        .put("sessions", JSONArray(listOf(session(outcome))))
        .put("series", JSONArray(outcome.measured.map(::series)))
        .put("complete", reason == null)
        .put("reason", orNull(reason))
}

private fun session(outcome: Outcome): JSONObject =
    JSONObject()
        .put("threads", outcome.request.threads)
        .put("cores_asked", "all")
        .put("cores", JSONObject.NULL)
        .put("repeat", outcome.request.repeat)
        .put("runner", IN_APP)
        .put("versions", outcome.runtime)
        .put("before", json(outcome.before))
        .put("after", json(outcome.after))

private fun series(measured: Measured): JSONObject {
    val (record, manifest) = measured.record to measured.manifest
    val summary = summarize(record.turns)
    return JSONObject()
        .put("file", manifest.file.name)
        .put("sha256", manifest.file.sha256)
        .put("model", manifest.model)
        .put("target", manifest.target.id)
        .put("precision", manifest.precision)
        .put("size", JSONArray(listOf(manifest.input.size.height, manifest.input.size.width)))
        .put("emit", manifest.emit)
        .put("note", orNull(manifest.note))
        .put("session", 0)
        .put("load_ms", record.loadMs)
        .put("first_ms", record.firstMs)
        .put("peak_kb", orNull(record.peakKb))
        .put("process_peak_kb", orNull(record.processPeakKb))
        .put("warmup_ms", JSONArray(record.warmupMs))
        .put("warmup_stable", record.warmupStable)
        .put("samples_ms", JSONArray(record.turns.flatten()))
        .put("at_s", JSONArray(record.atS))
        .put("median_ms", summary.medianMs)
        .put("p90_ms", summary.p90Ms)
        .put("p99_ms", summary.p99Ms)
        .put("mean_ms", summary.meanMs)
        .put("min_ms", summary.minMs)
        .put("mad_ms", summary.madMs)
        .put("variation", orNull(summary.variation))
        .put("drift", orNull(summary.drift))
        .put("outliers", summary.outliers)
}

private fun json(properties: Properties): JSONObject =
    JSONObject()
        .put("model", properties.model)
        .put("soc", orNull(properties.soc))
        .put("os", properties.os)
        .put("kernel", orNull(properties.kernel))
        .put("architecture", properties.architecture)
        .put(
            "cores",
            JSONArray(
                properties.cores.map { core ->
                    JSONObject()
                        .put("number", core.number)
                        .put("max_khz", orNull(core.maxKhz))
                        .put("capacity", orNull(core.capacity))
                }
            ),
        )
        .put("memory_kb", properties.memoryKb)

private fun json(sensors: Sensors): JSONObject =
    JSONObject()
        .put("thermal_status", orNull(sensors.thermalStatus))
        .put(
            "clocks",
            JSONArray(
                sensors.clocks.map { clock ->
                    JSONObject()
                        .put("core", clock.core)
                        .put("khz", orNull(clock.khz))
                        .put("cap_khz", orNull(clock.capKhz))
                        .put("max_khz", orNull(clock.maxKhz))
                        .put("governor", orNull(clock.governor))
                }
            ),
        )
        .put(
            "battery",
            JSONObject()
                .put("level", orNull(sensors.batteryLevel))
                .put("charging", orNull(sensors.charging))
                .put("saver", orNull(sensors.powerSaver))
                .put("celsius", orNull(sensors.batteryCelsius)),
        )
        .put("power_saver", orNull(sensors.powerSaver))
        .put("screen_on", orNull(sensors.screenOn))

private fun json(deviation: Deviation): JSONObject =
    JSONObject()
        .put("gate", deviation.finding.gate)
        .put("when", deviation.whenSeen)
        .put("session", 0)
        .put("verdict", deviation.verdict)
        .put("expected", deviation.finding.expected)
        .put("found", deviation.finding.found)

private fun orNull(value: Any?): Any = value ?: JSONObject.NULL
