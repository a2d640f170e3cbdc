package org.mobileseg.demo.engine

import ai.onnxruntime.NodeInfo
import ai.onnxruntime.OnnxJavaType
import ai.onnxruntime.OnnxTensor
import ai.onnxruntime.OrtEnvironment
import ai.onnxruntime.OrtException
import ai.onnxruntime.OrtSession
import ai.onnxruntime.TensorInfo
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import org.mobileseg.demo.image.rewindAll
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.manifest.OutputSpec
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal

/**
 * An .onnx file on the CPU. Input and output use buffers that are allocated once; a run allocates a few small objects
 * of the Java API.
 */
internal class OnnxEngine
private constructor(
    private val session: OrtSession,
    private val spec: OutputSpec,
    private val input: OnnxTensor,
    private val output: OnnxTensor,
    private val bytes: ByteBuffer,
    override val runtime: String,
    inputName: String,
) : SegmentationEngine {
    private val inputs = mapOf(inputName to input)
    private val outputs = mapOf(spec.name to output)
    private val floats = bytes.asFloatBuffer()
    private val integers = bytes.asIntBuffer()
    private val longs = bytes.asLongBuffer()

    override fun run() {
        session.run(inputs, outputs).close()
    }

    override fun read(output: RawOutput) {
        when (spec.dtype) {
            "float32" -> floats.apply { rewindAll() }.get(output.logits)
            "int32" -> integers.apply { rewindAll() }.get(output.mask)
            else -> for (i in output.mask.indices) output.mask[i] = longs.get(i).toInt()
        }
    }

    override fun close() {
        input.close()
        output.close()
        session.close()
    }

    companion object {
        private val X86 = setOf("x86_64", "amd64", "x86", "i686")

        /** Emulators and tests: x86 int8 kernels may saturate when they are fused, ARM's do not. */
        private const val UNFUSED = "session.disable_quant_qdq"

        private val TYPES =
            mapOf(
                OnnxJavaType.FLOAT to "float32",
                OnnxJavaType.INT32 to "int32",
                OnnxJavaType.INT64 to "int64",
            )

        /** See [loadEngine]. */
        fun load(file: File, manifest: ArtifactManifest, input: FloatBuffer, threads: Int): OnnxEngine {
            val environment = OrtEnvironment.getEnvironment()
            val session =
                try {
                    OrtSession.SessionOptions().use { options ->
                        options.setIntraOpNumThreads(threads)
                        if (System.getProperty("os.arch") in X86) options.addConfigEntry(UNFUSED, "1")
                        environment.createSession(file.path, options)
                    }
                } catch (error: OrtException) {
                    throw runtimeRefusal(manifest.target, error)
                }
            try {
                check(session, manifest)
                val size = manifest.input.size
                val shape = longArrayOf(1, 3, size.height.toLong(), size.width.toLong())
                val spec = manifest.output
                val bytes = ByteBuffer.allocateDirect(Long.SIZE_BYTES * spec.elements).order(ByteOrder.nativeOrder())
                input.rewindAll()
                return OnnxEngine(
                    session,
                    spec,
                    OnnxTensor.createTensor(environment, input, shape),
                    outputTensor(environment, spec, bytes),
                    bytes,
                    "ONNX Runtime ${environment.version}",
                    manifest.input.name,
                )
            } catch (error: Exception) { // the session is native memory, so it is freed after any error
                session.close()
                throw error as? Refusal ?: runtimeRefusal(manifest.target, error)
            }
        }

        private fun check(session: OrtSession, manifest: ArtifactManifest) {
            val wanted = manifest.input
            val names = session.inputNames.toList()
            if (names != listOf(wanted.name)) throw Refusal(Problem.INPUT, wanted.name, names.toString())
            val found = session.inputInfo.getValue(wanted.name).tensor(Problem.INPUT)
            val shape = listOf(1L, 3L, wanted.size.height.toLong(), wanted.size.width.toLong())
            if (found.type != OnnxJavaType.FLOAT || found.shape.toList() != shape) {
                throw Refusal(Problem.INPUT, "float32 $shape", "${found.type} ${found.shape.toList()}")
            }
            val spec = manifest.output
            val output =
                session.outputInfo[spec.name]
                    ?: throw Refusal(Problem.OUTPUT, spec.name, session.outputNames.toString())
            val info = output.tensor(Problem.OUTPUT)
            checkShape(spec, TYPES[info.type] ?: info.type.toString(), info.shape)
        }

        private fun NodeInfo.tensor(problem: Problem): TensorInfo =
            info as? TensorInfo ?: throw Refusal(problem, "$name: a tensor", info.toString())

        private fun outputTensor(environment: OrtEnvironment, spec: OutputSpec, bytes: ByteBuffer): OnnxTensor {
            val shape = spec.shape.toLongArray()
            return when (spec.dtype) {
                "float32" -> OnnxTensor.createTensor(environment, bytes.asFloatBuffer().limited(spec), shape)
                "int32" -> OnnxTensor.createTensor(environment, bytes.asIntBuffer().limited(spec), shape)
                else -> OnnxTensor.createTensor(environment, bytes.asLongBuffer().limited(spec), shape)
            }
        }

        private fun <B : java.nio.Buffer> B.limited(spec: OutputSpec): B = apply { limit(spec.elements) }
    }
}
