package org.mobileseg.demo.benchmark

import org.json.JSONArray
import org.json.JSONObject

/**
 * A measurement protocol: the same rows as Python's `mobileseg.latency.protocol`, which a test compares. A *turn* is
 * [runs] timed runs; there are at least [turns] turns and at least [minSeconds] of timed runs. Before that, untimed
 * runs until the medians of two windows differ by at most [stableWithin].
 */
data class Protocol(
    val name: String,
    val title: String,
    val figure: String,
    val warmupMin: Int,
    val warmupMax: Int,
    val stableWithin: Double,
    val turns: Int,
    val runs: Int,
    val minSeconds: Double,
    val repeats: Int,
    val coolDownS: Double,
    val within: Double,
    val waitS: Double,
    val refuseBefore: List<String>,
    val refuseAfter: List<String>,
) {
    /** As stamped on a result. */
    fun toJson(): JSONObject =
        JSONObject()
            .put("name", name)
            .put("title", title)
            .put("figure", figure)
            .put("warmup_min", warmupMin)
            .put("warmup_max", warmupMax)
            .put("stable_within", stableWithin)
            .put("turns", turns)
            .put("runs", runs)
            .put("min_seconds", minSeconds)
            .put("repeats", repeats)
            .put("cool_down_s", coolDownS)
            .put("within", within)
            .put("wait_s", waitS)
            .put("refuse_before", JSONArray(refuseBefore))
            .put("refuse_after", JSONArray(refuseAfter))

    /** The shortest measurement, for loading, first inference and memory of a file alone in its process. */
    fun brief(): Protocol =
        copy(
            warmupMin = 2,
            warmupMax = 2,
            turns = 1,
            runs = 2,
            minSeconds = 0.0,
            refuseBefore = emptyList(),
            refuseAfter = emptyList(),
        )

    companion object {
        /** By name. */
        val ALL: Map<String, Protocol> =
            listOf(
                    Protocol(
                        name = "quick",
                        title = "a few seconds, on a machine in use: conditions are recorded, no gate refuses",
                        figure = "median",
                        warmupMin = 4,
                        warmupMax = 40,
                        stableWithin = 0.1,
                        turns = 10,
                        runs = 5,
                        minSeconds = 0.0,
                        repeats = 1,
                        coolDownS = 0.0,
                        within = 0.1,
                        waitS = 0.0,
                        refuseBefore = emptyList(),
                        refuseAfter = emptyList(),
                    ),
                    Protocol(
                        name = "standard",
                        title = "about half a minute per file; refuses heat, throttling and power saving",
                        figure = "median",
                        warmupMin = 10,
                        warmupMax = 200,
                        stableWithin = 0.05,
                        turns = 30,
                        runs = 10,
                        minSeconds = 10.0,
                        repeats = 1,
                        coolDownS = 0.0,
                        within = 0.05,
                        waitS = 60.0,
                        refuseBefore = listOf("hot", "throttled", "saver"),
                        refuseAfter = listOf("throttled"),
                    ),
                    Protocol(
                        name = "strict",
                        title =
                            "after MLPerf Mobile: 1024 runs and 60 s, twice, 5 minutes apart, on an otherwise idle device",
                        figure = "p90",
                        warmupMin = 20,
                        warmupMax = 1000,
                        stableWithin = 0.05,
                        turns = 64,
                        runs = 16,
                        minSeconds = 60.0,
                        repeats = 2,
                        coolDownS = 300.0,
                        within = 0.05,
                        waitS = 300.0,
                        refuseBefore = listOf("hot", "throttled", "saver", "busy", "threads", "cool-down"),
                        refuseAfter = listOf("hot", "throttled", "saver", "busy", "warm-up", "repeats", "resumed"),
                    ),
                    Protocol(
                        name = "sustained",
                        title = "five minutes of timed runs per file, to measure the drift under heat",
                        figure = "median",
                        warmupMin = 10,
                        warmupMax = 200,
                        stableWithin = 0.05,
                        turns = 60,
                        runs = 5,
                        minSeconds = 300.0,
                        repeats = 1,
                        coolDownS = 0.0,
                        within = 0.05,
                        waitS = 300.0,
                        refuseBefore = listOf("hot", "throttled", "saver"),
                        refuseAfter = emptyList(),
                    ),
                )
                .associateBy(Protocol::name)
    }
}
