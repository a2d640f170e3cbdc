package org.mobileseg.demo.ui

import java.io.File
import java.util.concurrent.Executor
import org.mobileseg.demo.artifact.readArtifact
import org.mobileseg.demo.engine.Segmenter
import org.mobileseg.demo.image.Orientation
import org.mobileseg.demo.image.YuvFrame
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.Size
import org.mobileseg.demo.pipeline.ALL_CLASSES
import org.mobileseg.demo.pipeline.Pipeline

/** Called on the main thread. */
interface LiveListener {
    fun onReady(pipeline: Pipeline)

    /** The session stopped: the artifacts cannot be used, or there is not enough memory. */
    fun onRefused(refusal: Refusal)

    /** [Pipeline.scenes] has a new scene. */
    fun onScene()
}

/**
 * The models and their single thread: [model] runs tasks on it, [main] on the main thread. Survives a screen that is
 * recreated when the device is rotated, which sets [listener] again. All public functions except [frame] are for the
 * main thread.
 */
class LiveSession(private val model: Executor, private val main: Executor) {
    var listener: LiveListener? = null

    /** The loaded models; null while loading, or if they were refused. */
    var pipeline: Pipeline? = null
        private set

    var refusal: Refusal? = null
        private set

    /** While true, new frames are dropped. */
    @Volatile var frozen: Boolean = false

    /** Only for the model's thread. */
    private var working: Pipeline? = null
    private val announcement = Runnable { listener?.onScene() }

    @Volatile private var generation = 0 // of the load request: late results of an older one are dropped

    /** Number of threads per operator. */
    var threads: Int = DEFAULT_THREADS
        private set

    var files: List<File> = emptyList()
        private set

    /** Loads one artifact, or two to compare, in place of the current ones. */
    fun load(files: List<File>, threads: Int) {
        require(files.size in 1..2) { "expected one or two artifacts, found ${files.size}" }
        this.files = files
        this.threads = threads
        pipeline = null
        refusal = null
        val asked = ++generation
        model.execute {
            working?.close()
            working = null
            guarded(asked) {
                val opened = open(files, threads)
                working = opened
                main.execute {
                    if (asked != generation) return@execute
                    pipeline = opened
                    applyLeast(opened)
                    listener?.onReady(opened)
                }
            }
        }
    }

    /** Whether the loaded files are still in storage; if not, the listener is called. */
    fun checkFiles() {
        val gone = files.find { !it.isFile } ?: return
        refuse(Refusal(Problem.ARTIFACT_MISSING, gone.name, gone.parent.orEmpty()), generation)
    }

    /** Processes a camera frame, on the model's thread. */
    fun frame(frame: YuvFrame, orientation: Orientation) {
        val pipeline = working
        if (frozen || pipeline == null) return
        guarded(generation) {
            pipeline.process(frame, orientation)
            tell()
        }
    }

    /** Processes a whole picture, opaque ARGB. */
    fun picture(argb: IntArray, size: Size) {
        onModel { process(argb, size) }
    }

    /** Shows only one class, or [ALL_CLASSES]. */
    fun showOnly(number: Int) {
        pipeline?.only = number
        onModel { repaint() }
    }

    /** By the name of a class: regions with a smaller share of the picture, 0..1, are not drawn. */
    private val least = mutableMapOf<String, Float>()

    fun least(name: String): Float = least[name] ?: 0f

    /** Hides regions of the class [name] that have less than [share] of the picture. */
    fun hideSmaller(name: String, share: Float) {
        least[name] = share
        pipeline?.let { applyLeast(it) }
        onModel { repaint() }
    }

    private fun applyLeast(pipeline: Pipeline) {
        val output = pipeline.manifests.first().output
        val area = pipeline.manifests.first().input.size.area
        pipeline.least = IntArray(output.classes.size) { (least(output.classes[it]) * area).toInt() }
    }

    /** Stops processing and frees the memory. */
    fun close() {
        generation++
        pipeline = null
        listener = null
        model.execute {
            working?.close()
            working = null
        }
    }

    private fun onModel(action: Pipeline.() -> Unit) {
        val asked = generation
        model.execute {
            val pipeline = working ?: return@execute
            guarded(asked) {
                pipeline.action()
                tell()
            }
        }
    }

    private fun tell() = main.execute(announcement)

    private inline fun guarded(asked: Int, action: () -> Unit) {
        try {
            action()
        } catch (error: Refusal) {
            drop(error, asked)
        } catch (error: OutOfMemoryError) {
            drop(Refusal(Problem.MEMORY, files.joinToString { it.name }, error.message.orEmpty(), error), asked)
        } catch (error: Exception) { // thrown by a runtime: it is not used any more
            drop(
                Refusal(
                    Problem.RUNTIME,
                    files.joinToString { it.name },
                    error.message ?: error.javaClass.simpleName,
                    error,
                ),
                asked,
            )
        }
    }

    private fun drop(refusal: Refusal, asked: Int) {
        working?.close()
        working = null
        main.execute { refuse(refusal, asked) }
    }

    private fun refuse(found: Refusal, asked: Int) {
        if (asked != generation) return
        pipeline = null
        refusal = found
        listener?.onRefused(found)
    }

    private fun open(files: List<File>, threads: Int): Pipeline {
        val opened = mutableListOf<Segmenter>()
        try {
            for (file in files) opened += readArtifact(file).run { Segmenter.open(this.file, manifest, threads) }
            return Pipeline(opened)
        } catch (error: Throwable) { // also out of memory: opened models are closed in any case
            opened.forEach(Segmenter::close)
            throw error
        }
    }

    companion object {
        const val DEFAULT_THREADS: Int = 2
    }
}
