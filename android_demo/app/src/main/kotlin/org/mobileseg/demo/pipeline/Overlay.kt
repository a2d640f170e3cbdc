package org.mobileseg.demo.pipeline

/** All classes are shown. */
const val ALL_CLASSES: Int = -1

/**
 * Writes the colours of a class map as opaque ARGB to [out]; transparent for all classes but [only]. [palette]:
 * 0xRRGGBB per class.
 */
fun colour(map: ByteArray, palette: IntArray, only: Int, out: IntArray) {
    for (i in map.indices) {
        val number = map[i].toInt() and 0xFF
        out[i] = if (only == ALL_CLASSES || only == number) OPAQUE or palette[number] else 0
    }
}

private const val OPAQUE = 0xFF shl 24
