package org.mobileseg.demo.image

/** Counts the pixels of each class of [map] into [counts], whose size is the number of classes. */
fun countClasses(map: ByteArray, counts: IntArray) {
    counts.fill(0)
    for (value in map) counts[value.toInt() and 0xFF]++
}

/** Share of the pixels, 0..1, on which two maps of the same size agree. */
fun agreement(one: ByteArray, other: ByteArray): Float {
    require(one.size == other.size) { "expected maps of the same size, found ${one.size} and ${other.size} pixels" }
    var same = 0
    for (i in one.indices) if (one[i] == other[i]) same++
    return if (one.isEmpty()) 1f else same.toFloat() / one.size
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
