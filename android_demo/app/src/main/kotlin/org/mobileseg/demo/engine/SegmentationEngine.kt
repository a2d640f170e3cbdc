package org.mobileseg.demo.engine

import java.io.Closeable
import java.io.File
import java.nio.FloatBuffer
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.manifest.OutputKind
import org.mobileseg.demo.manifest.OutputSpec
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.Target

/** The raw output with the classes: [logits] or [mask], by the manifest; the other is empty. */
class RawOutput(spec: OutputSpec) {
    /** `(classes, height, width)`, row-major. */
    var logits: FloatArray = FloatArray(if (spec.kind == OutputKind.LOGITS) spec.elements else 0)

    /** `(height, width)` class numbers, row-major. */
    var mask: IntArray = IntArray(if (spec.kind == OutputKind.MASK) spec.elements else 0)
}

/** An artifact in its runtime. One thread at a time; [close] frees native memory. */
interface SegmentationEngine : Closeable {
    /** Name and version of the runtime, such as "ONNX Runtime 1.29.0". */
    val runtime: String

    /** One inference on the input that the engine was opened with; the outputs stay with the runtime until [read]. */
    fun run()

    /** The last run's output. */
    fun read(output: RawOutput)
}

/**
 * Loads [file] into its runtime, with [input] (direct, native byte order, of the shape in [manifest]) and [threads] per
 * operator. Nothing is run yet. Throws [Refusal].
 */
fun loadEngine(file: File, manifest: ArtifactManifest, input: FloatBuffer, threads: Int): SegmentationEngine =
    try {
        when (manifest.target) {
            Target.EXECUTORCH -> ExecuTorchEngine.load(file, manifest, input, threads)
            Target.ONNX -> OnnxEngine.load(file, manifest, input, threads)
        }
    } catch (error: LinkageError) { // a 32-bit processor: ExecuTorch has no library for it
        throw libraryRefusal(manifest.target, error)
    }

/**
 * [loadEngine] and one run, so that a file that cannot run, or whose output contradicts its manifest, is refused here.
 */
fun openEngine(file: File, manifest: ArtifactManifest, input: FloatBuffer, threads: Int): SegmentationEngine {
    val engine = loadEngine(file, manifest, input, threads)
    try {
        engine.run()
        engine.read(RawOutput(manifest.output))
    } catch (error: Exception) { // any exception of a runtime means that the file cannot be used
        engine.close()
        throw error as? Refusal ?: runtimeRefusal(manifest.target, error)
    }
    return engine
}

internal fun runtimeRefusal(target: Target, error: Exception): Refusal =
    Refusal(Problem.RUNTIME, target.id, error.message?.lineSequence()?.first() ?: error.javaClass.simpleName, error)

internal fun libraryRefusal(target: Target, error: LinkageError): Refusal {
    val processor = System.getProperty("os.arch").orEmpty()
    return Refusal(Problem.LIBRARY, target.id, "$processor: ${error.message?.lineSequence()?.first().orEmpty()}", error)
}

internal fun checkShape(spec: OutputSpec, dtype: String, shape: LongArray) {
    if (dtype != spec.dtype || shape.toList() != spec.shape) {
        throw Refusal(Problem.OUTPUT, "${spec.name}: ${spec.dtype} ${spec.shape}", "$dtype ${shape.toList()}")
    }
}
