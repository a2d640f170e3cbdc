package org.mobileseg.demo.pipeline

import org.mobileseg.demo.image.Window

/** All classes are shown. */
const val ALL_CLASSES: Int = -1

/** What each class is drawn with: [palette]'s 0xRRGGBB as opaque ARGB; transparent for all but [only]. */
fun inks(palette: List<Int>, only: Int): IntArray =
    IntArray(palette.size) { if (only == ALL_CLASSES || only == it) OPAQUE or palette[it] else 0 }

/**
 * Draws a class map in [part] with [inks] to [out], transparent outside of it, and counts the pixels of each class into
 * [counts]. [width]: of a row of the map. Neighbours of one class are taken together.
 */
fun paint(map: ByteArray, width: Int, part: Window, inks: IntArray, counts: IntArray, out: IntArray) {
    counts.fill(0)
    if (part.size.area != map.size) out.fill(0)
    for (y in part.top until part.bottom) {
        var start = y * width + part.left
        val end = y * width + part.right
        while (start < end) {
            val value = map[start]
            var next = start + 1
            while (next < end && map[next] == value) next++
            val number = value.toInt() and 0xFF
            counts[number] += next - start
            out.fill(inks[number], start, next)
            start = next
        }
    }
}

private const val OPAQUE = 0xFF shl 24
