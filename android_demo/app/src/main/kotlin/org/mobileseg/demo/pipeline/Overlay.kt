package org.mobileseg.demo.pipeline

/** No class is shown alone. */
const val ALL_CLASSES: Int = -1

/**
 * Colours of a class map as opaque ARGB into [out]; transparent where [only] names another class. [palette]: 0xRRGGBB a
 * class.
 */
fun colour(map: ByteArray, palette: IntArray, only: Int, out: IntArray) {
    for (i in map.indices) {
        val number = map[i].toInt() and 0xFF
        out[i] = if (only == ALL_CLASSES || only == number) OPAQUE or palette[number] else 0
    }
}

private const val OPAQUE = 0xFF shl 24
