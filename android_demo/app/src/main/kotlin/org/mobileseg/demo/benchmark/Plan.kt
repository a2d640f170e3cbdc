package org.mobileseg.demo.benchmark

import org.json.JSONException
import org.json.JSONObject

/**
 * How to measure, as the host tells every runner: the numbers of a protocol of Python's `mobileseg.latency.protocol`,
 * which explains them. The host judges; this app runs and reports.
 */
data class Plan(
    val warmupMin: Int = 4,
    val warmupMax: Int = 100,
    val warmupSeconds: Double = 0.0,
    val stableWithin: Double = 0.05,
    val turns: Int = 1,
    val runs: Int = 1,
    val settle: Int = 0,
    val balanced: Boolean = false,
    val minSeconds: Double = 0.0,
) {
    companion object {
        private val NAMES =
            setOf(
                "warmup_min",
                "warmup_max",
                "warmup_seconds",
                "stable_within",
                "turns",
                "runs",
                "settle",
                "balanced",
                "min_seconds",
            )

        /** The plan in [text], JSON; what it does not name is as above. Throws [Failure]. */
        fun parse(text: String): Plan {
            val none = Plan()
            val plan =
                try {
                    val given = JSONObject(text)
                    given.keys().forEach { if (it !in NAMES) throw refusal("the names $NAMES", it) }
                    Plan(
                        given.orElse("warmup_min", none.warmupMin, JSONObject::getInt),
                        given.orElse("warmup_max", none.warmupMax, JSONObject::getInt),
                        given.orElse("warmup_seconds", none.warmupSeconds, JSONObject::getDouble),
                        given.orElse("stable_within", none.stableWithin, JSONObject::getDouble),
                        given.orElse("turns", none.turns, JSONObject::getInt),
                        given.orElse("runs", none.runs, JSONObject::getInt),
                        given.orElse("settle", none.settle, JSONObject::getInt),
                        given.orElse("balanced", none.balanced, JSONObject::getBoolean),
                        given.orElse("min_seconds", none.minSeconds, JSONObject::getDouble),
                    )
                } catch (error: JSONException) {
                    throw refusal("a protocol in JSON", error.message.orEmpty())
                }
            if (plan.warmupMin < 2 || plan.warmupMax < plan.warmupMin)
                throw refusal("2 <= warmup_min <= warmup_max", "${plan.warmupMin} and ${plan.warmupMax}")
            if (plan.turns < 1 || plan.runs < 1 || plan.settle < 0)
                throw refusal("1 or more for turns and runs", "${plan.turns} and ${plan.runs}")
            return plan
        }

        private fun <T> JSONObject.orElse(name: String, other: T, read: JSONObject.(String) -> T): T =
            if (has(name)) read(name) else other

        private fun refusal(expected: String, found: String) =
            Failure(expected, found, "install the app of the mobileseg that drives it")
    }
}

/**
 * In which order [count] files take part in [turn]: a row of Williams' Latin square (1949) if [balanced], so that each
 * is equally often at each place and behind each other one.
 */
fun order(count: Int, turn: Int, balanced: Boolean): List<Int> {
    if (!balanced || count < 2) return List(count) { it }
    val step = turn % (if (count % 2 == 0) count else 2 * count)
    val row =
        List(count) { place ->
            val first = if (place % 2 == 1) (place + 1) / 2 else (count - place / 2) % count
            (first + step) % count
        }
    return if (step < count) row else row.reversed()
}
