package org.mobileseg.demo.pipeline

import java.io.Closeable
import org.mobileseg.demo.engine.Segmenter
import org.mobileseg.demo.image.ModelInput
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.image.agreement
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.Size

/**
 * Turns frames into [Scene]s, with one or two models. All but [scenes], [rate] and the stopwatches is for the model's
 * thread. The only allocations per frame are those of the runtimes' Java API.
 */
class Pipeline(private val segmenters: List<Segmenter>) : Closeable {
    val manifests: List<ArtifactManifest> = segmenters.map { it.manifest }

    /** One per model. */
    val stopwatches: List<Stopwatch> = segmenters.map { Stopwatch() }
    val rate: FrameRate = FrameRate()
    val scenes: Exchange<Scene> = Exchange { Scene(manifests) }

    /** The only class to show, or [ALL_CLASSES]. */
    @Volatile var only: Int = ALL_CLASSES

    /** Share of the pixels whose class changes from one frame to the next, for each model. */
    val flips: List<Tally> = manifests.map { Tally() }

    /** Share of the pixels on which two models agree; empty with one. */
    val agreements: Tally = Tally()

    /** By class: regions of fewer pixels are not drawn. */
    @Volatile var least: IntArray = IntArray(manifests.first().output.classes.size)
    private val last = Array(manifests.size) { ByteArray(manifests[it].input.size.area) }
    private val before = Array(manifests.size) { ByteArray(manifests[it].input.size.area) }

    /** The next frame does not follow the last one. */
    @Volatile private var interrupted = true
    private var turned: Orientation? = null
    private val input = segmenters.first().input
    private var frames = 0L

    /** Of the last frame, as in [Scene.agreement]. */
    private var same = Float.NaN

    init {
        manifests.drop(1).forEach { checkComparable(manifests.first(), it) }
    }

    /** Names of the runtimes, one per model. */
    val runtimes: List<String>
        get() = segmenters.map { it.runtime }

    /** Processes a camera frame. */
    fun process(frame: YuvFrame, orientation: Orientation) {
        if (turned != orientation) interrupted = true
        turned = orientation
        segment { fill(frame, orientation) }
        count()
        rate.tick(System.nanoTime())
    }

    /** Processes a whole picture, opaque ARGB of [size]. */
    fun process(argb: IntArray, size: Size) {
        segment { fill(argb, size) }
        interrupted = true
    }

    /** The frames after it do not follow those before it. */
    fun pause() {
        interrupted = true
        rate.pause()
    }

    /** All figures begin again. */
    fun restart() {
        pause()
        stopwatches.forEach(Stopwatch::clear)
        flips.forEach(Tally::clear)
        agreements.clear()
    }

    private fun count() {
        val width = input.size.width
        for (i in last.indices) if (!interrupted) flips[i].add(1f - agreement(before[i], last[i], width, input.filled))
        if (last.size == 2) agreements.add(same)
        interrupted = false
    }

    /** Shows the last frame again after [only] has changed. */
    fun repaint() {
        if (frames > 0) show()
    }

    private inline fun segment(fill: ModelInput.() -> Unit) {
        for (i in segmenters.indices) { // by index: an iterator would be an allocation per frame
            val segmenter = segmenters[i]
            val watch = stopwatches[i]
            watch.time(Stage.PREPARE) { segmenter.input.fill() }
            watch.time(Stage.INFER) { segmenter.infer() }
            last[i] = before[i].also { before[i] = last[i] }
            watch.time(Stage.CLASSIFY) { segmenter.classify(last[i]) }
        }
        if (last.size == 2) same = agreement(last[0], last[1], input.size.width, input.filled)
        frames++
        show()
    }

    private fun show() {
        val scene = scenes.back
        input.pixels.copyInto(scene.pixels)
        scene.aspect = input.aspect
        for (i in last.indices) {
            val layer = scene.layers[i]
            last[i].copyInto(layer.classes)
            layer.filled = input.filled
            layer.paint(only, least)
        }
        scene.agreement = same
        scene.frame = frames
        scenes.publish()
    }

    override fun close() {
        segmenters.forEach(Segmenter::close)
    }

    companion object {
        /** Checks that two artifacts can be compared: same input, same classes. Throws [Refusal]. */
        fun checkComparable(one: ArtifactManifest, other: ArtifactManifest) {
            if (one.input.size != other.input.size) {
                throw Refusal(
                    Problem.INPUT,
                    "${one.input.size} (${one.file.name})",
                    "${other.input.size} (${other.file.name})",
                )
            }
            if (one.input.resize != other.input.resize) {
                throw Refusal(
                    Problem.INPUT,
                    "${one.input.resize.id} (${one.file.name})",
                    "${other.input.resize.id} (${other.file.name})",
                )
            }
            if (one.output.classes != other.output.classes) {
                val names = { manifest: ArtifactManifest -> manifest.output.classes.joinToString(limit = 4) }
                throw Refusal(Problem.OUTPUT, names(one), names(other))
            }
        }
    }
}
