package org.mobileseg.demo.speed.before

/** Counts and colours of a class map as the app's first version made them: in two passes, a branch for each pixel. */
class Overlay(private val palette: IntArray, size: Int) {
    val counts: IntArray = IntArray(palette.size)
    val colours: IntArray = IntArray(size)

    fun paint(map: ByteArray, width: Int, only: Int) {
        counts.fill(0)
        val height = map.size / width
        for (y in 0 until height) {
            for (i in y * width until (y + 1) * width) counts[map[i].toInt() and 0xFF]++
        }
        for (y in 0 until height) {
            for (i in y * width until (y + 1) * width) {
                val number = map[i].toInt() and 0xFF
                colours[i] = if (only == ALL || only == number) OPAQUE or palette[number] else 0
            }
        }
    }

    private companion object {
        const val ALL = -1
        const val OPAQUE = 0xFF shl 24
    }
}
