package org.mobileseg.demo.pipeline

import org.mobileseg.demo.image.Window

/** All classes are shown. */
const val ALL_CLASSES: Int = -1

/**
 * Writes the colours of a class map in [part] as opaque ARGB to [out]; transparent outside of it, and for all classes
 * but [only]. [width]: of a row of the map; [palette]: 0xRRGGBB per class.
 */
fun colour(map: ByteArray, width: Int, part: Window, palette: IntArray, only: Int, out: IntArray) {
    if (part.size.area != map.size) out.fill(0)
    for (y in part.top until part.bottom) {
        for (i in y * width + part.left until y * width + part.right) {
            val number = map[i].toInt() and 0xFF
            out[i] = if (only == ALL_CLASSES || only == number) OPAQUE or palette[number] else 0
        }
    }
}

private const val OPAQUE = 0xFF shl 24
