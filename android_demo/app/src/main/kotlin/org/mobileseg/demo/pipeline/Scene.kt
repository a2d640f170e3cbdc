package org.mobileseg.demo.pipeline

import org.mobileseg.demo.image.Window
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.manifest.Size

/** Where there is no picture. */
const val NO_CLASS: Int = -1

/** One model's result for one frame: classes of `size` pixels, row-major, and their colours as ARGB. */
class Layer(val manifest: ArtifactManifest) {
    val size: Size = manifest.input.size
    val classes: ByteArray = ByteArray(size.area)
    val colours: IntArray = IntArray(size.area)
    val counts: IntArray = IntArray(manifest.output.classes.size)
    /** The part of the map that is of the picture; the rest is of bars. */
    var filled: Window = Window(0, 0, size)
    private val regions = Regions(size)
    private var shown = ALL_CLASSES
    private var inks = inks(manifest.output.palette, shown)

    /** Updates counts and colours from [classes]; regions of fewer pixels than [least] says of their class stay out. */
    fun paint(only: Int, least: IntArray = EVERY) {
        if (only != shown) inks = inks(manifest.output.palette, only)
        shown = only
        paint(classes, size.width, filled, inks, counts, colours)
        if (least.any { it > 1 }) regions.hide(classes, filled, least, colours)
    }

    /** The class's share of the picture, 0..1. */
    fun share(number: Int): Float = counts[number].toFloat() / filled.size.area

    /** The class at a position in the input, both coordinates in 0..1; [NO_CLASS] in a bar. */
    fun classAt(x: Float, y: Float): Int {
        val column = (x * size.width).toInt().coerceIn(0, size.width - 1)
        val row = (y * size.height).toInt().coerceIn(0, size.height - 1)
        return if (filled.contains(row, column)) classes[row * size.width + column].toInt() and 0xFF else NO_CLASS
    }
}

/** Regions of every size are drawn. */
private val EVERY = IntArray(0)

/**
 * One frame with the results of one or two models. [pixels]: the first network's input, ARGB. [agreement]: share of the
 * pixels with the same class in both models, NaN with one model. [frame]: its number, 0 before the first.
 */
class Scene(manifests: List<ArtifactManifest>) {
    val layers: List<Layer> = manifests.map(::Layer)
    val size: Size = layers.first().size
    val pixels: IntArray = IntArray(size.area)

    /** Width over height of what the whole picture shows. */
    var aspect: Float = size.width.toFloat() / size.height
    var agreement: Float = Float.NaN
    var frame: Long = 0
}
