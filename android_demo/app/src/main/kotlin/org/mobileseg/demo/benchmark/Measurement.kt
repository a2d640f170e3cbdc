package org.mobileseg.demo.benchmark

import kotlin.math.abs
import org.mobileseg.demo.engine.SegmentationEngine

/** The times of one file in one process, in ms; see Python's `mobileseg.latency.results.result.Series`. */
class Record(
    val loadMs: Double,
    val firstMs: Double,
    val warmupMs: List<Double>,
    val warmupStable: Boolean,
    val turns: List<List<Double>>,
    val atS: List<Double>,
    val peakKb: Long?,
    val processPeakKb: Long?,
)

/** Called with the number of turns so far; -1 during warm-up. */
fun interface Progress {
    fun at(turn: Int)
}

/**
 * Load, first inference, untimed runs until the times settle, then turns A B C A B C, as in Python's
 * `mobileseg.latency.runners.python.loop`: only the runtime's call is timed. [clock] in ns.
 */
class Measurement(
    private val protocol: Protocol,
    private val memory: Memory,
    private val clock: () -> Long = System::nanoTime,
) {
    private class Track(val engine: SegmentationEngine, val loadMs: Double) {
        var firstMs = 0.0
        val warmupMs = mutableListOf<Double>()
        var stable = false
        val turns = mutableListOf<List<Double>>()
        val atS = mutableListOf<Double>()
        var spentS = 0.0
    }

    /**
     * One record for each of [loads], which are all in memory at the same time. The memory of several files cannot be
     * separated and is null then. Throws [InterruptedException].
     */
    fun run(loads: List<() -> SegmentationEngine>, progress: Progress): List<Record> {
        val began = clock()
        val base = memory.resetPeak()
        progress.at(WARMING)
        val tracks = mutableListOf<Track>()
        try {
            loads.forEach { tracks += load(it) }
            tracks.forEach { it.firstMs = timed(it.engine::run) }
            tracks.forEach(::warmUp)
            while (tracks.any { it.turns.size < protocol.turns || it.spentS < protocol.minSeconds }) {
                tracks.forEach { turn(it, began) }
                progress.at(tracks[0].turns.size)
            }
            val peak = if (tracks.size == 1) memory.peakKb() else null
            val above = if (base == null || peak == null) null else peak - base
            return tracks.map {
                Record(it.loadMs, it.firstMs, it.warmupMs, it.stable, it.turns, it.atS, above, peak)
            }
        } finally {
            tracks.forEach { it.engine.close() }
        }
    }

    private fun load(action: () -> SegmentationEngine): Track {
        lateinit var engine: SegmentationEngine
        val ms = timed { engine = action() }
        return Track(engine, ms)
    }

    private fun turn(track: Track, began: Long) {
        goOn()
        track.atS += (clock() - began) / NANOS_PER_S
        val samples = List(protocol.runs) { _ -> timed(track.engine::run) }
        track.spentS += samples.sum() / MS_PER_S
        track.turns += samples
    }

    private fun warmUp(track: Track) {
        val window = protocol.warmupMin / 2
        val samples = track.warmupMs
        while (samples.size < protocol.warmupMax) {
            goOn()
            samples += timed(track.engine::run)
            if (samples.size < protocol.warmupMin) continue
            val last = percentile(samples.takeLast(window), 50.0)
            val before = percentile(samples.dropLast(window).takeLast(window), 50.0)
            track.stable = abs(last - before) < protocol.stableWithin * before
            if (track.stable) return
        }
    }

    private fun goOn() {
        if (Thread.interrupted()) throw InterruptedException("the screen was left")
    }

    private inline fun timed(action: () -> Unit): Double {
        val began = clock()
        action()
        return (clock() - began) / NANOS_PER_MS
    }

    companion object {
        const val WARMING: Int = -1
        private const val NANOS_PER_MS = 1e6
        private const val NANOS_PER_S = 1e9
        private const val MS_PER_S = 1e3
    }
}
