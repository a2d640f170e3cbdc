package org.mobileseg.demo.benchmark

import org.json.JSONArray
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.Python
import org.mobileseg.demo.engine.RawOutput
import org.mobileseg.demo.engine.SegmentationEngine

class RulesTest {
    private val cool =
        Sensors(
            thermalStatus = 0,
            clocks = listOf(Clock(0, 1, 2_000_000, 2_000_000, "schedutil")),
            batteryLevel = 80,
            charging = false,
            batteryCelsius = 25.0,
            powerSaver = false,
            screenOn = true,
        )

    @Test
    fun `the protocols equal those of mobileseg latency`() {
        val theirs = JSONArray(Python.run(PROTOCOLS))
        assertEquals(theirs.length(), Protocol.ALL.size)
        for (i in 0 until theirs.length()) {
            val theirsOne = theirs.getJSONObject(i)
            val ours = Protocol.ALL.getValue(theirsOne.getString("name")).toJson()
            assertEquals(theirsOne.keys().asSequence().toSet(), ours.keys().asSequence().toSet())
            for (key in ours.keys()) assertEquals(
                "${theirsOne["name"]}: $key",
                canonical(theirsOne[key]),
                canonical(ours[key]),
            )
        }
    }

    @Test
    fun `gates equal those of mobileseg latency`() {
        assertEquals(listOf("busy"), inspect(cool).map { it.gate })
        val states =
            listOf(
                cool.copy(batteryCelsius = 41.5),
                cool.copy(thermalStatus = 2),
                cool.copy(powerSaver = true),
                cool.copy(powerSaver = null),
                cool.copy(
                    clocks = listOf(Clock(0, 1, 1_000_000, 2_000_000, null), Clock(1, 1, 1_500_000, 2_500_000, null))
                ),
                cool.copy(thermalStatus = null, batteryCelsius = null, clocks = emptyList()),
            )
        for (state in states) {
            val ours = inspect(state).joinToString("\n") { "${it.gate}|${it.expected}|${it.found}|${it.known}" }
            assertEquals(Python.run(INSPECT, json(state).toString()), ours)
        }
    }

    @Test
    fun `unknown values refuse if the gate does`() {
        val unknown = listOf(Finding("busy", "a", "b", known = false))
        assertEquals("unknown", deviationsOf(unknown, "before", emptyList(), emptySet()).single().verdict)
        assertEquals("refused", deviationsOf(unknown, "before", listOf("busy"), emptySet()).single().verdict)
        assertEquals("allowed", deviationsOf(unknown, "before", listOf("busy"), setOf("busy")).single().verdict)
        assertEquals(
            "flagged",
            deviationsOf(listOf(Finding("hot", "a", "b")), "after", emptyList(), emptySet()).single().verdict,
        )
        assertNull(threadsFinding(4, 4))
        assertEquals("threads", threadsFinding(5, 4)?.gate)
    }

    @Test
    fun `turns, warm-up and times are as in the runner`() {
        val (record) = measure(listOf(1_000_000L))
        assertEquals(5.0, record.loadMs, 0.0)
        assertEquals(10.0, record.firstMs, 0.0)
        assertTrue(record.warmupStable)
        assertEquals(9, record.warmupMs.size) // 5 slow ones, then two windows of two that agree
        assertEquals(List(10) { List(5) { 1.0 } }, record.turns)
        assertEquals(listOf(Measurement.WARMING) + (1..10), said)
        assertEquals(0.005, record.atS[2] - record.atS[1], 1e-9)
        assertTrue(engines.single().closed)
    }

    @Test
    fun `several files take turns in one process`() {
        val (one, other) = measure(listOf(1_000_000L, 3_000_000L))
        assertEquals(List(10) { List(5) { 1.0 } }, one.turns)
        assertEquals(List(10) { List(5) { 3.0 } }, other.turns)
        // 5 runs of the one, 5 of the other, and again.
        for (turn in 0 until 10) assertEquals(0.005, other.atS[turn] - one.atS[turn], 1e-9)
        for (turn in 1 until 10) assertEquals(0.020, one.atS[turn] - one.atS[turn - 1], 1e-9)
        assertNull(one.peakKb ?: other.processPeakKb)
        assertTrue(engines.all { it.closed })
    }

    @Test
    fun `a failed load closes the other files`() {
        val loads = listOf({ Ticking(1L) }, { error("as a runtime may") })
        assertThrows(IllegalStateException::class.java) { Measurement(quick, Memory()) { now }.run(loads) {} }
        assertTrue(engines.single().closed)
    }

    private val quick = Protocol.ALL.getValue("quick")
    private var now = 0L
    private val said = mutableListOf<Int>()
    private val engines = mutableListOf<Ticking>()

    private fun measure(paces: List<Long>): List<Record> {
        val loads = paces.map { { Ticking(it).also { now += 5_000_000 } } }
        return Measurement(quick, Memory()) { now }.run(loads) { said += it }
    }

    /** Takes [pace] ns a run, and more at the beginning. */
    private inner class Ticking(private val pace: Long) : SegmentationEngine {
        var runs = 0
        var closed = false
        override val runtime = "test"

        init {
            engines += this
        }

        override fun run() {
            runs++
            now += if (runs <= 6) 10_000_000L / runs else pace
        }

        override fun read(output: RawOutput) = Unit

        override fun close() {
            closed = true
        }
    }

    private fun canonical(value: Any): String =
        when (value) {
            is Number -> value.toDouble().toString()
            is JSONArray -> List(value.length()) { canonical(value[it]) }.toString()
            else -> value.toString()
        }

    private fun json(sensors: Sensors): JSONObject {
        val clocks =
            sensors.clocks.map { clock ->
                JSONObject(
                        mapOf(
                            "core" to clock.core,
                            "khz" to clock.khz,
                            "cap_khz" to clock.capKhz,
                            "max_khz" to clock.maxKhz,
                        )
                    )
                    .put("governor", clock.governor ?: JSONObject.NULL)
            }
        val battery =
            JSONObject()
                .put("level", 80)
                .put("charging", false)
                .put("saver", sensors.powerSaver ?: JSONObject.NULL)
                .put("celsius", sensors.batteryCelsius ?: JSONObject.NULL)
        return JSONObject()
            .put("thermal_status", sensors.thermalStatus ?: JSONObject.NULL)
            .put("clocks", JSONArray(clocks))
            .put("battery", battery)
            .put("power_saver", sensors.powerSaver ?: JSONObject.NULL)
    }

    private companion object {
        const val PROTOCOLS =
            """
import json
from mobileseg.latency.protocol import PROTOCOLS
print(json.dumps([p.model_dump() for p in PROTOCOLS.values()]))
"""
        const val INSPECT =
            """
import sys
from mobileseg.latency.conditions.gates import inspect
from mobileseg.latency.conditions.sensors import Sensors
for f in inspect(Sensors.model_validate_json(sys.argv[1])):
    print(f.gate, f.expected, f.found, str(f.known).lower(), sep="|")
"""
    }
}
