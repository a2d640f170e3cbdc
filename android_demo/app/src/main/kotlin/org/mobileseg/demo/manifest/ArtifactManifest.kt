package org.mobileseg.demo.manifest

/** Schema version of the manifests that this app reads. */
const val SCHEMA_VERSION: Int = 1

/** The app's runtimes. [id]: the target in the manifest; [suffix]: of the file's name. */
enum class Target(val id: String, val suffix: String) {
    EXECUTORCH("executorch", ".pte"),
    ONNX("onnx", ".onnx"),
}

/** A size in pixels. */
data class Size(val height: Int, val width: Int) {
    val area: Int
        get() = height * width

    override fun toString(): String = "${height}x$width"
}

/** What becomes of a picture of other proportions; [id]: in the manifest. */
enum class Resize(val id: String) {
    SQUASH("squash"),
    LETTERBOX("letterbox"),
    CROP("crop"),
}

/**
 * The file's input: `(1, 3, height, width)` float32 RGB between [low] and [high]; normalisation is inside the file.
 * [bars]: red, green and blue in 0..255 beside a picture in a letterbox.
 */
data class InputSpec(
    val name: String,
    val size: Size,
    val low: Float,
    val high: Float,
    val resize: Resize = Resize.SQUASH,
    val bars: List<Float> = listOf(0f, 0f, 0f),
)

/** How classes are obtained from the output. */
enum class OutputKind {
    LOGITS,
    MASK,
}

/**
 * The output with the classes: number [index] of the file's [count] outputs.
 *
 * For [OutputKind.LOGITS] float32 `(1, classes, grid.height, grid.width)`, resized bilinearly with [alignCorners]; for
 * [OutputKind.MASK] int32 or int64 `(1, grid.height, grid.width)`. [palette]: 0xRRGGBB per class.
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

    /** Number of elements of the output. */
    val elements: Int
        get() = shape.fold(1L, Long::times).toInt()
}

/** The file that the manifest belongs to; [sha256] in lower-case hexadecimal digits. */
data class FileSpec(val name: String, val sha256: String, val sizeBytes: Long)

/**
 * The manifest of a file: all that the app knows of a model. [emit]: the manifest's name of the output's kind;
 * [licence]: of the weights; [note]: a note on them, such as that they are untrained.
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
