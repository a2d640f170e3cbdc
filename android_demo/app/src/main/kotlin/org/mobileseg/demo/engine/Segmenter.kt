package org.mobileseg.demo.engine

import java.io.Closeable
import java.io.File
import org.mobileseg.demo.image.ClassMapper
import org.mobileseg.demo.image.ModelInput
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.manifest.OutputKind
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal

/** A loaded artifact with its [input]: fill the input, call [infer], then [classify]. One thread at a time. */
class Segmenter
internal constructor(
    val manifest: ArtifactManifest,
    val input: ModelInput,
    private val engine: SegmentationEngine,
) : Closeable {
    private val output = RawOutput(manifest.output)
    private val mapper = manifest.output.run { ClassMapper(classes.size, grid, manifest.input.size, alignCorners) }

    /** See [SegmentationEngine.runtime]. */
    val runtime: String
        get() = engine.runtime

    /** Only the runtime's call. */
    fun infer() {
        engine.run()
    }

    /**
     * Classes of the last inference at the input's size, one byte per pixel, row-major, into [map]. Throws [Refusal].
     */
    fun classify(map: ByteArray) {
        engine.read(output)
        when (manifest.output.kind) {
            OutputKind.LOGITS -> mapper.map(output.logits, map)
            OutputKind.MASK -> for (i in map.indices) map[i] = checked(output.mask[i]).toByte()
        }
    }

    private fun checked(number: Int): Int {
        val count = manifest.output.classes.size
        if (number !in 0 until count) throw Refusal(Problem.OUTPUT, "classes 0..${count - 1}", "class $number")
        return number
    }

    override fun close() {
        engine.close()
    }

    companion object {
        /** Throws [Refusal] for a file that cannot be used. */
        fun open(file: File, manifest: ArtifactManifest, threads: Int): Segmenter {
            val input = ModelInput(manifest.input)
            return Segmenter(manifest, input, openEngine(file, manifest, input.tensor, threads))
        }
    }
}
