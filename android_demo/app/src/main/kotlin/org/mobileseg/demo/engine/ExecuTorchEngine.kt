package org.mobileseg.demo.engine

import java.io.File
import java.nio.FloatBuffer
import org.mobileseg.demo.image.rewindAll
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.manifest.OutputSpec
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal
import org.pytorch.executorch.DType
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor

/**
 * A .pte file. The input is wrapped once; the ExecuTorch release in Gradle returns outputs as new arrays, the only
 * allocation per frame that cannot be avoided.
 */
internal class ExecuTorchEngine
private constructor(
    private val module: Module,
    private val spec: OutputSpec,
    private val input: EValue,
) : SegmentationEngine {
    private var outputs: Array<EValue> = emptyArray()

    override val runtime: String = EXECUTORCH

    override fun run() {
        outputs = module.forward(input)
    }

    override fun read(output: RawOutput) {
        if (outputs.size != spec.count) throw Refusal(Problem.OUTPUT, "${spec.count} outputs", "${outputs.size}")
        val tensor = outputs[spec.index].toTensor()
        checkShape(spec, TYPES[tensor.dtype()] ?: tensor.dtype().toString(), tensor.shape())
        // Properties, not getData...(): they were getters of a Java class once and are properties of a Kotlin class in
        // newer releases.
        when (spec.dtype) {
            "float32" -> output.logits = tensor.dataAsFloatArray
            "int32" -> output.mask = tensor.dataAsIntArray
            else -> tensor.dataAsLongArray.forEachIndexed { i, value -> output.mask[i] = value.toInt() }
        }
    }

    override fun close() = module.destroy()

    companion object {
        private val TYPES = mapOf(DType.FLOAT to "float32", DType.INT32 to "int32", DType.INT64 to "int64")

        /** Packs the weights now: the first run would do it otherwise, and count it as its own time. */
        private fun prepared(module: Module) {
            try {
                module.loadMethod(METHOD)
            } catch (error: RuntimeException) {
                module.destroy()
                throw error
            }
        }

        private const val METHOD = "forward"

        /** See [loadEngine]. */
        fun load(file: File, manifest: ArtifactManifest, input: FloatBuffer, threads: Int): ExecuTorchEngine {
            val size = manifest.input.size
            val shape = longArrayOf(1, 3, size.height.toLong(), size.width.toLong())
            input.rewindAll()
            return try {
                val module = Module.load(file.path, Module.LOAD_MODE_MMAP, threads)
                prepared(module)
                ExecuTorchEngine(module, manifest.output, EValue.from(Tensor.fromBlob(input, shape)))
            } catch (error: RuntimeException) {
                throw runtimeRefusal(manifest.target, error)
            }
        }
    }
}
