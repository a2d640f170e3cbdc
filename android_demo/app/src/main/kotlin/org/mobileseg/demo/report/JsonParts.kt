package org.mobileseg.demo.report

import java.time.Instant
import java.time.temporal.ChronoUnit
import org.json.JSONArray
import org.json.JSONObject
import org.mobileseg.demo.benchmark.Properties
import org.mobileseg.demo.benchmark.Sensors
import org.mobileseg.demo.manifest.ArtifactManifest

// What the live report says of files and devices, as `mobileseg report` reads it.

/** What a file is, as its manifest says. */
internal fun json(manifest: ArtifactManifest): JSONObject =
    JSONObject()
        .put("file", manifest.file.name)
        .put("sha256", manifest.file.sha256)
        .put("model", manifest.model)
        .put("target", manifest.target.id)
        .put("precision", manifest.precision)
        .put("size", JSONArray(listOf(manifest.input.size.height, manifest.input.size.width)))
        .put("emit", manifest.emit)
        .put("note", orNull(manifest.note))

/** To the second, in UTC. */
internal fun json(time: Instant): String = time.truncatedTo(ChronoUnit.SECONDS).toString()

/** As Python's `mobileseg.latency.conditions.sensors.Properties`. */
internal fun json(properties: Properties): JSONObject =
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

/** As Python's `mobileseg.latency.conditions.sensors.Sensors`. */
internal fun json(sensors: Sensors): JSONObject =
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

internal fun orNull(value: Any?): Any = value ?: JSONObject.NULL
