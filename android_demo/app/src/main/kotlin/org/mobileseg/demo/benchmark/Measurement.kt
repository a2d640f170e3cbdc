package org.mobileseg.demo.benchmark

import org.mobileseg.demo.engine.SegmentationEngine

/** What was measured of one file in one process, ms; see Python's `mobileseg.latency.result.Series`. */
class Record(
    val loadMs: Double,
    val firstMs: Double,
    val warmupMs: List<Double>,
    val warmupStable: Boolean,
    val turns: List<List<Double>>,
    val atS: List<Double>,
    val peakKb: Long?,
    val wholePeakKb: Long?,
)

/** How far it is, in turns; -1 while warming up. */
fun interface Progress {
    fun at(turn: Int)
}

/**
 * Load, first inference, untimed runs until they settle, then turns, as Python's `mobileseg.latency.runner.loop` does
 * it: the runtime's call alone is timed. [clock] in ns.
 */
class Measurement(
    private val protocol: Protocol,
    private val memory: Memory,
    private val clock: () -> Long = System::nanoTime,
) {
    fun run(load: () -> SegmentationEngine, progress: Progress): Record {
        val began = clock()
        val base = memory.resetPeak()
        progress.at(WARMING)
        lateinit var engine: SegmentationEngine
        val loadMs = timed { engine = load() }
        return engine.use {
            val firstMs = timed(it::run)
            val (warmup, stable) = warmUp(it)
            val turns = mutableListOf<List<Double>>()
            val at = mutableListOf<Double>()
            var spent = 0.0
            while (turns.size < protocol.turns || spent < protocol.minSeconds) {
                if (Thread.interrupted()) throw InterruptedException("the screen was left")
                at += (clock() - began) / NANOS_PER_S
                val samples = List(protocol.runs) { _ -> timed(it::run) }
                spent += samples.sum() / MS_PER_S
                turns += samples
                progress.at(turns.size)
            }
            val peak = memory.peakKb()
            Record(
                loadMs,
                firstMs,
                warmup,
                stable,
                turns,
                at,
                if (base == null || peak == null) null else peak - base,
                peak,
            )
        }
    }

    private fun warmUp(engine: SegmentationEngine): Pair<List<Double>, Boolean> {
        val window = protocol.warmupMin / 2
        val samples = mutableListOf<Double>()
        while (samples.size < protocol.warmupMax) {
            samples += timed(engine::run)
            if (samples.size < protocol.warmupMin) continue
            val last = percentile(samples.takeLast(window), 50.0)
            val before = percentile(samples.dropLast(window).takeLast(window), 50.0)
            if (kotlin.math.abs(last - before) < protocol.stableWithin * before) return samples to true
        }
        return samples to false
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
