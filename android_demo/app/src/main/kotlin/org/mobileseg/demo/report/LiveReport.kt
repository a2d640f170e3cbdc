package org.mobileseg.demo.report

import java.time.Instant
import org.json.JSONArray
import org.json.JSONObject
import org.mobileseg.demo.benchmark.Properties
import org.mobileseg.demo.benchmark.Sensors
import org.mobileseg.demo.pipeline.Pipeline
import org.mobileseg.demo.pipeline.Stage
import org.mobileseg.demo.pipeline.Tally

/** Schema of `mobileseg.latency.results.live.Live`. */
private const val LIVE_SCHEMA = 1

/** Where the frames came from. [name]: of a video file. */
class LiveSource(val kind: String, val name: String?)

/** The figures of the live view, as `mobileseg report` reads them. What was not measured is null. */
fun liveReport(
    pipeline: Pipeline,
    source: LiveSource,
    threads: Int,
    properties: Properties,
    sensors: Sensors,
    appVersion: String,
    created: Instant,
): JSONObject =
    JSONObject()
        .put("schema_version", LIVE_SCHEMA)
        .put("created", json(created))
        .put("live", JSONObject().put("kind", source.kind).put("name", orNull(source.name)))
        .put("app", appVersion)
        .put("threads", threads)
        .put("properties", json(properties))
        .put("sensors", json(sensors))
        .put("thermal_headroom", orNull(sensors.thermalHeadroom?.toDouble()))
        .put("frames_per_second", known(pipeline.rate.perSecond()))
        .put("agreement", if (pipeline.manifests.size == 2) json(pipeline.agreements) else JSONObject.NULL)
        .put("models", JSONArray(List(pipeline.manifests.size) { model(pipeline, it) }))

private fun model(pipeline: Pipeline, number: Int): JSONObject {
    val manifest = pipeline.manifests[number]
    val model = json(manifest).put("runtime", pipeline.runtimes[number]).put("flips", json(pipeline.flips[number]))
    for (stage in Stage.entries) {
        val latency = pipeline.stopwatches[number].latency(stage)
        val times = JSONObject().put("median_ms", known(latency.medianMs)).put("p90_ms", known(latency.p90Ms))
        model.put(stage.name.lowercase(), times)
    }
    return model
}

private fun json(tally: Tally): JSONObject =
    JSONObject().put("mean", known(tally.mean())).put("median", known(tally.median())).put("count", tally.count)

private fun known(value: Double): Any = if (value.isNaN() || value.isInfinite()) JSONObject.NULL else value
