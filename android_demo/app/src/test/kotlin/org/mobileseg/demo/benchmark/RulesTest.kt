package org.mobileseg.demo.benchmark

import java.io.File
import org.json.JSONArray
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.Python
import org.mobileseg.demo.engine.EXECUTORCH
import org.mobileseg.demo.engine.RawOutput
import org.mobileseg.demo.engine.SegmentationEngine

class RulesTest {
    @Test
    fun `plans are those that the host sends`() {
        val quick = Plan.parse(Python.run(QUICK))
        assertEquals(Plan(4, 40, 0.5, 0.1, 10, 5, 1, true, 0.0), quick)
        assertEquals(Plan(), Plan.parse("{}"))
        for (wrong in
            listOf(
                """{"turn": 1}""",
                """{"turns": "many"}""",
                """{"turns": 0}""",
                """{"warmup_min": 1}""",
                """{"warmup_min": 5, "warmup_max": 4}""",
                "quick",
                "[1]",
            )) assertThrows(wrong, Failure::class.java) { Plan.parse(wrong) }
    }

    @Test
    fun `files take part in the order of the other runners`() {
        val theirs = JSONArray(Python.run(ORDERS))
        for (count in 1..6) for (turn in 0 until 14) {
            val ours = JSONArray(order(count, turn, balanced = true))
            assertEquals(theirs.getJSONArray(count - 1).getJSONArray(turn).toString(), ours.toString())
        }
        assertEquals(listOf(0, 1, 2), order(3, 1, balanced = false))
    }

    @Test
    fun `turns, warm-up and times are as in the other runners`() {
        val told = measure(listOf(1_000_000L), quick)
        assertEquals(5.0, told.one("load").getDouble("ms"), 0.0)
        assertEquals(10.0, told.one("first").getDouble("ms"), 0.0)
        val warmup = told.one("warmup")
        assertTrue(warmup.getBoolean("stable"))
        assertEquals(9, warmup.getJSONArray("samples_ms").length()) // 5 slow ones, then two windows of two that agree
        assertEquals(List(10) { "[1,1,1,1,1]" }, told.all("turn").map { it.getJSONArray("samples_ms").toString() })
        assertEquals(listOf(Measurement.WARMING) + (1..10), said)
        val begins = told.all("turn").map { it.getDouble("at_s") }
        assertEquals(0.005, begins[2] - begins[1], 1e-9)
        assertTrue(engines.single().closed)
        assertNull(told.one("memory").opt("peak_kb").takeIf { it != JSONObject.NULL })
    }

    @Test
    fun `a warm-up lasts for seconds, too`() {
        val told = measure(listOf(1_000_000L), quick.copy(warmupSeconds = 0.5))
        val samples = told.one("warmup").getJSONArray("samples_ms")
        val ms = List(samples.length()) { samples.getDouble(it) }.sum()
        assertTrue("$ms", ms >= 500 && ms < 502)
    }

    @Test
    fun `several files take turns, each behind an untimed run`() {
        val told = measure(listOf(1_000_000L, 3_000_000L), quick.copy(balanced = true, settle = 1))
        assertEquals(List(5) { listOf(0, 1, 1, 0) }.flatten(), told.all("turn").map { it.getInt("model") })
        assertEquals(setOf("[1,1,1,1,1]"), told.turns(0).map { it.getJSONArray("samples_ms").toString() }.toSet())
        assertEquals(setOf("[3,3,3,3,3]"), told.turns(1).map { it.getJSONArray("samples_ms").toString() }.toSet())
        val begins = told.all("turn").map { it.getDouble("at_s") }
        assertEquals(0.005 + 0.003, begins[1] - begins[0], 1e-9) // 5 runs of the one, then an untimed one of the other
        assertTrue(engines.all { it.closed })
    }

    @Test
    fun `it looks between turns, and says what it may not see`() {
        val thread = File.createTempFile("mobileseg", "").apply { delete() }.apply { mkdir() }
        File(thread, "stat").writeText("42 (a b) S " + (4..38).joinToString(" ") { "0" } + " 5 0\n")
        File(thread, "status").writeText("Name:\ta\nvoluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\t17\n")
        val clock = File(thread, "clock").apply { writeText("1800000\n") }
        val told = Told()
        val watch = Watch(listOf(clock, File(thread, "hidden")), { 2 }, thread)
        watch.look(told, began = 0, now = 1_000_000_000)
        watch.look(told, began = 0, now = 1_400_000_000)
        watch.look(told, began = 0, now = 1_500_000_000)
        watch.look(told, began = 0, now = 1_600_000_000, final = true)
        assertEquals(listOf(1.0, 1.5, 1.6), told.all("state").map { it.getDouble("at_s") })
        val state = told.all("state")[0]
        assertEquals("[1800000,null]", state.getJSONArray("values").toString())
        assertEquals(listOf(5, 17, 2), listOf("core", "switches", "thermal_status").map(state::getInt))
    }

    @Test
    fun `a hint session hears of every timed run and is closed`() {
        val heard = mutableListOf<Long>()
        var target = 0L
        var closed = false
        val session =
            object : Hints {
                override fun worked(nanos: Long) {
                    heard += nanos
                }

                override fun close() {
                    closed = true
                }
            }
        val open = { nanos: Long -> session.also { target = nanos } }
        Measurement(quick, Memory(), blind, open) { now }.run(listOf({ Ticking(1_000_000) }), Told(), {})
        assertEquals(List(50) { 1_000_000L }, heard)
        assertEquals(800_000L, target)
        assertTrue(closed)
        val asked = Performance.of { it == "hints" }
        assertEquals(mapOf("performance hint session" to "on"), asked.stamp())
    }

    @Test
    fun `events are lines at once, with a sign of life where nothing happens`() {
        var time = 0L
        val file = File.createTempFile("mobileseg", ".jsonl").apply { writeText("of an earlier run") }
        EventFile(file) { time }
            .use { events ->
                events.tell("turn", "samples_ms" to listOf(1.5, null), "model" to 0)
                assertEquals("[1.5,null]", JSONObject(file.readText()).getJSONArray("samples_ms").toString())
                time = 4_999_999_999
                events.alive()
                time = 5_000_000_000
                events.alive()
                events.alive()
            }
        assertEquals(listOf("turn", "beat"), file.readLines().map { JSONObject(it).getString("event") })
    }

    @Test
    fun `a failed load closes the other files`() {
        val loads = listOf({ Ticking(1L) }, { error("as a runtime may") })
        assertThrows(IllegalStateException::class.java) {
            Measurement(quick, Memory(), blind) { now }.run(loads, Told(), {})
        }
        assertTrue(engines.single().closed)
    }

    @Test
    fun `the version of ExecuTorch is the one that Gradle takes`() {
        val text = File("../gradle/libs.versions.toml").readText()
        assertEquals("ExecuTorch " + Regex("(?m)^executorch = \"(.+)\"").find(text)!!.groupValues[1], EXECUTORCH)
    }

    private val quick = Plan(warmupMin = 4, warmupMax = 40, stableWithin = 0.1, turns = 10, runs = 5)
    private val blind = Watch(emptyList(), { null }, File("/nowhere"))
    private var now = 0L
    private val said = mutableListOf<Int>()
    private val engines = mutableListOf<Ticking>()

    private fun measure(paces: List<Long>, plan: Plan): Told {
        val loads = paces.map { { Ticking(it).also { now += 5_000_000 } } }
        val told = Told()
        Measurement(plan, Memory(File("/nowhere")), blind) { now }.run(loads, told, { said += it })
        return told
    }

    /** Keeps every event as it would be written. */
    private class Told : Events {
        private val events = mutableListOf<JSONObject>()

        override fun tell(event: String, vararg fields: Pair<String, Any?>) {
            val file = File.createTempFile("mobileseg", ".jsonl")
            EventFile(file).use { it.tell(event, *fields) }
            events += JSONObject(file.readText())
            file.delete()
        }

        fun all(event: String) = events.filter { it.getString("event") == event }

        fun one(event: String) = all(event).single()

        fun turns(model: Int) = all("turn").filter { it.getInt("model") == model }
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
            assertFalse(closed)
            runs++
            now += if (runs <= 6) 10_000_000L / runs else pace
        }

        override fun read(output: RawOutput) = Unit

        override fun close() {
            closed = true
        }
    }

    private companion object {
        const val QUICK =
            """
from mobileseg.latency.protocol import PROTOCOLS
print(PROTOCOLS["quick"].for_runner())
"""
        const val ORDERS =
            """
import json
from mobileseg.latency.runners.python.plan import order
print(json.dumps([[order(count, turn, True) for turn in range(14)] for count in range(1, 7)]))
"""
    }
}
