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

/** Told on the main thread. */
interface LiveListener {
    fun onReady(pipeline: Pipeline)

    /** The artifacts, or the memory that they would need, do not allow to go on. */
    fun onRefused(refusal: Refusal)

    /** [Pipeline.scenes] holds a newer one. */
    fun onScene()
}

/**
 * The models and their one thread, which [model] runs things on; [main] is the screen's. Outlives a screen that is made
 * anew for a turn of the device: that one sets [listener] again. Everything public is for the main thread, but [frame].
 */
class LiveSession(private val model: Executor, private val main: Executor) {
    var listener: LiveListener? = null

    /** What is loaded; null while loading, or where it was refused. */
    var pipeline: Pipeline? = null
        private set

    var refusal: Refusal? = null
        private set

    /** Frames that come while true are dropped. */
    @Volatile var frozen: Boolean = false

    /** The model's thread alone. */
    private var working: Pipeline? = null
    private val announcement = Runnable { listener?.onScene() }

    @Volatile private var generation = 0 // of what was asked to be loaded: what comes late for an older one is dropped

    /** Threads inside an operator. */
    var threads: Int = DEFAULT_THREADS
        private set

    var files: List<File> = emptyList()
        private set

    /** One artifact, or two to compare, in place of what was loaded. */
    fun load(files: List<File>, threads: Int) {
        require(files.size in 1..2) { "one or two artifacts are wanted, got ${files.size}" }
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
                    listener?.onReady(opened)
                }
            }
        }
    }

    /** Whether the loaded files are still in storage; tells the listener where they are not. */
    fun checkFiles() {
        val gone = files.find { !it.isFile } ?: return
        refuse(Refusal(Problem.ARTIFACT_MISSING, gone.name, gone.parent.orEmpty()), generation)
    }

    /** A camera's frame, on the model's thread. */
    fun frame(frame: YuvFrame, orientation: Orientation) {
        val pipeline = working
        if (frozen || pipeline == null) return
        guarded(generation) {
            pipeline.process(frame, orientation)
            tell()
        }
    }

    /** A whole picture, opaque ARGB. */
    fun picture(argb: IntArray, size: Size) {
        onModel { process(argb, size) }
    }

    /** Show one class, or [ALL_CLASSES]. */
    fun showOnly(number: Int) {
        pipeline?.only = number
        onModel { repaint() }
    }

    /** No more frames; memory is given back. */
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
        } catch (error: Exception) { // a runtime in the middle of its work: no frame more from it
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
        } catch (error: Throwable) { // memory, too: what was opened is closed in any case
            opened.forEach(Segmenter::close)
            throw error
        }
    }

    companion object {
        const val DEFAULT_THREADS: Int = 2
    }
}
