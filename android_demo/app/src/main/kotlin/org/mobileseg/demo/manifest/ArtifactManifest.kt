package org.mobileseg.demo.manifest

/** Schema of the manifests that this app reads. */
const val SCHEMA_VERSION: Int = 1

/** Runtimes that the app has; [id] stands in the manifest, [suffix] ends the file's name. */
enum class Target(val id: String, val suffix: String) {
    EXECUTORCH("executorch", ".pte"),
    ONNX("onnx", ".onnx"),
}

/** Pixels, height first. */
data class Size(val height: Int, val width: Int) {
    val area: Int
        get() = height * width

    override fun toString(): String = "${height}x$width"
}

/**
 * What the file takes: `(1, 3, height, width)` float32 RGB between [low] and [high]; normalisation is inside the file.
 */
data class InputSpec(val name: String, val size: Size, val low: Float, val high: Float)

/** How classes are read off the output. */
enum class OutputKind {
    LOGITS,
    MASK,
}

/**
 * The output with the classes: [index] among [count] of the file.
 *
 * For [OutputKind.LOGITS] float32 `(1, classes, grid.height, grid.width)`, resized bilinearly with [alignCorners]; for
 * [OutputKind.MASK] int32 or int64 `(1, grid.height, grid.width)`. [palette]: 0xRRGGBB a class.
 */
data class OutputSpec(
    val name: String,
    val index: Int,
    val count: Int,
    val kind: OutputKind,
    val grid: Size,
    val dtype: String,
    val alignCorners: Boolean,
    val classes: List<String>,
    val palette: List<Int>,
) {
    val shape: List<Long>
        get() =
            when (kind) {
                OutputKind.LOGITS -> listOf(1L, classes.size.toLong(), grid.height.toLong(), grid.width.toLong())
                OutputKind.MASK -> listOf(1L, grid.height.toLong(), grid.width.toLong())
            }

    /** Numbers in the output. */
    val elements: Int
        get() = shape.fold(1L, Long::times).toInt()
}

/** The file that the manifest belongs to; [sha256] in lower-case hexadecimal digits. */
data class FileSpec(val name: String, val sha256: String, val sizeBytes: Long)

/**
 * What `mobileseg export` says of a file: all that the app knows of a model. [emit]: the manifest's own word for the
 * output's kind; [licence] of the weights; [note]: what is to be known about them, such as that they are untrained.
 */
data class ArtifactManifest(
    val target: Target,
    val model: String,
    val precision: String,
    val precisionMeaning: String,
    val licence: String,
    val note: String?,
    val input: InputSpec,
    val output: OutputSpec,
    val emit: String,
    val file: FileSpec,
)
