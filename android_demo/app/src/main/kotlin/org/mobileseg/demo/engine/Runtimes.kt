package org.mobileseg.demo.engine

import ai.onnxruntime.OrtEnvironment
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.Target
import org.pytorch.executorch.Module

/** The release that Gradle takes: its classes do not say it. A test compares it with `libs.versions.toml`. */
internal const val EXECUTORCH: String = "ExecuTorch 1.4.0"

/**
 * Loads the runtime's library, which is no part of the time that a file takes to load. Returns its name and version.
 * Throws [Refusal].
 */
fun prepareRuntime(target: Target): String =
    try {
        when (target) {
            Target.EXECUTORCH -> EXECUTORCH.also { Class.forName(Module::class.java.name) }
            Target.ONNX -> "ONNX Runtime ${OrtEnvironment.getEnvironment().version}"
        }
    } catch (error: LinkageError) { // a 32-bit processor: ExecuTorch has no library for it
        throw libraryRefusal(target, error)
    }
