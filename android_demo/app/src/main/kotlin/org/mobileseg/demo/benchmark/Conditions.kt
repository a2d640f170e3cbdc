package org.mobileseg.demo.benchmark

import java.util.Locale

/** One core's clock in kHz; null if the kernel does not report it. */
data class Clock(val core: Int, val khz: Long?, val capKhz: Long?, val maxKhz: Long?, val governor: String?)

/**
 * The state of the device. [thermalStatus]: Android's, 0 (none) to 6 (shutdown). An app sees neither thermal zones nor
 * the processor load of other processes.
 */
data class Sensors(
    val thermalStatus: Int?,
    val clocks: List<Clock>,
    val batteryLevel: Int?,
    val charging: Boolean?,
    val batteryCelsius: Double?,
    val powerSaver: Boolean?,
    val screenOn: Boolean?,
)

/** A closed gate. [known] is false if the device does not report the value. */
data class Finding(val gate: String, val expected: String, val found: String, val known: Boolean = true)

/** A finding with the protocol's verdict: flagged, allowed, refused or unknown. */
data class Deviation(val finding: Finding, val whenSeen: String, val verdict: String)

/** All closed gates for a reading, by the rules of Python's `mobileseg.latency.conditions.gates`. */
fun inspect(now: Sensors): List<Finding> =
    listOfNotNull(hotFinding(now)) +
        throttledFindings(now) +
        listOfNotNull(saverFinding(now)) +
        Finding("busy", "the processor load of other processes", "the device does not report it", known = false)

/** A finding if there are more threads than cores. */
fun threadsFinding(threads: Int, cores: Int): Finding? =
    if (threads <= cores) null else Finding("threads", "at most $cores, one per core", "$threads")

/** A finding if the times had not settled at the end of the warm-up. */
fun warmupFinding(measured: Measured, protocol: Protocol): Finding? {
    val record = measured.record
    if (record.warmupStable) return null
    val wanted =
        "times of ${measured.manifest.file.name} stable within " +
            "${"%.0f".format(Locale.ROOT, 100 * protocol.stableWithin)}%"
    return Finding("warm-up", wanted, "still changing after ${record.warmupMs.size} runs")
}

/** [findings] with verdicts. An unknown value is no pass: a gate that refuses also refuses what is not reported. */
fun deviationsOf(findings: List<Finding>, whenSeen: String, refuse: List<String>, allow: Set<String>): List<Deviation> =
    findings.map {
        val verdict =
            when {
                it.gate in refuse -> if (it.gate in allow) "allowed" else "refused"
                else -> if (it.known) "flagged" else "unknown"
            }
        Deviation(it, whenSeen, verdict)
    }

private fun hotFinding(now: Sensors): Finding? {
    val battery = now.batteryCelsius
    if (battery == null && now.thermalStatus == null)
        return Finding("hot", "a temperature", "the device reports none", known = false)
    if (battery == null || battery < HOT_BATTERY_CELSIUS) return null
    return Finding("hot", "battery below ${HOT_BATTERY_CELSIUS.toInt()} °C", "%.1f °C".format(Locale.ROOT, battery))
}

private fun throttledFindings(now: Sensors): List<Finding> {
    val caps = now.clocks.filter { it.capKhz != null && it.maxKhz != null }
    if (now.thermalStatus == null && caps.isEmpty()) {
        return listOf(
            Finding("throttled", "a thermal status or clock limits", "the device reports none", known = false)
        )
    }
    val findings = mutableListOf<Finding>()
    if (now.thermalStatus != null && now.thermalStatus >= LIGHT_THROTTLING) {
        findings += Finding("throttled", "thermal status 0", "${now.thermalStatus}")
    }
    val slow = caps.filter { it.capKhz!! < it.maxKhz!! }
    if (slow.isNotEmpty()) {
        val worst = slow.minBy { it.capKhz!!.toDouble() / it.maxKhz!! }
        val found =
            "%d limited, core %d to %.2f of %.2f GHz"
                .format(Locale.ROOT, slow.size, worst.core, worst.capKhz!! / KHZ_PER_GHZ, worst.maxKhz!! / KHZ_PER_GHZ)
        findings += Finding("throttled", "all cores at their full clock range", found)
    }
    return findings
}

private fun saverFinding(now: Sensors): Finding? =
    when (now.powerSaver) {
        true -> Finding("saver", "power saving off", "on")
        null -> Finding("saver", "the state of power saving", "the device does not report it", known = false)
        false -> null
    }

private const val HOT_BATTERY_CELSIUS = 40.0
private const val LIGHT_THROTTLING = 1
private const val KHZ_PER_GHZ = 1e6
