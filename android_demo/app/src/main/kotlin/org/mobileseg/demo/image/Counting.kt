package org.mobileseg.demo.image

/** Share of the pixels in [part], 0..1, on which two maps of the same size agree. [width]: of a row of the maps. */
fun agreement(one: ByteArray, other: ByteArray, width: Int, part: Window): Float {
    require(one.size == other.size) { "expected maps of the same size, found ${one.size} and ${other.size} pixels" }
    var same = 0
    for (y in part.top until part.bottom) {
        for (i in y * width + part.left until y * width + part.right) if (one[i] == other[i]) same++
    }
    return if (part.size.area == 0) 1f else same.toFloat() / part.size.area
}

/**
 * The classes with the largest shares of the picture, largest first: at most [most] classes, each with at least the
 * share [least] of the pixels.
 */
fun dominantClasses(counts: IntArray, most: Int = 3, least: Float = 0.05f): List<Int> {
    val total = counts.sum()
    return counts.indices
        .filter { counts[it] > 0 && counts[it] >= least * total }
        .sortedByDescending { counts[it] }
        .take(most)
}
