package org.mobileseg.demo.pipeline

import java.io.Closeable
import org.mobileseg.demo.engine.Segmenter
import org.mobileseg.demo.image.ModelInput
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.Window
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
    private val last = manifests.map { ByteArray(it.input.size.area) }
    private val lastPixels = IntArray(manifests.first().input.size.area)
    private var filled = Window(0, 0, manifests.first().input.size)
    private var frames = 0L

    init {
        manifests.drop(1).forEach { checkComparable(manifests.first(), it) }
    }

    /** Names of the runtimes, one per model. */
    val runtimes: List<String>
        get() = segmenters.map { it.runtime }

    /** Processes a camera frame. */
    fun process(frame: YuvFrame, orientation: Orientation) {
        segment { fill(frame, orientation) }
        rate.tick(System.nanoTime())
    }

    /** Processes a whole picture, opaque ARGB of [size]. */
    fun process(argb: IntArray, size: Size) {
        segment { fill(argb, size) }
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
            watch.time(Stage.CLASSIFY) { segmenter.classify(last[i]) }
        }
        segmenters[0].input.pixels.copyInto(lastPixels)
        filled = segmenters[0].input.filled
        frames++
        show()
    }

    private fun show() {
        val scene = scenes.back
        lastPixels.copyInto(scene.pixels)
        for (i in last.indices) {
            val layer = scene.layers[i]
            last[i].copyInto(layer.classes)
            layer.filled = filled
            layer.paint(only)
        }
        scene.agreement = if (last.size == 2) agreement(last[0], last[1], scene.size.width, filled) else Float.NaN
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
