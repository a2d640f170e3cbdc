package org.mobileseg.demo.image

/**
 * How YUV becomes RGB: luma less [black] times [luma], and what chroma less 128 adds; in whole numbers with [POINT]
 * bits after the point.
 */
enum class Matrix(
    internal val black: Int,
    internal val luma: Int,
    internal val redCr: Int,
    internal val greenCb: Int,
    internal val greenCr: Int,
    internal val blueCb: Int,
) {
    /** BT.601 in full range, JFIF 1.02, page 3: as in YUV_420_888 of a camera. */
    JFIF(0, 8192, 11485, 2819, 5850, 14516), // 1, 1.402, 0.344136, 0.714136, 1.772

    /** ITU-R BT.601 with luma 16..235 and chroma 16..240: times 255/219 and 255/224. */
    BT601(16, 9539, 13075, 3209, 6660, 16525), // 1.164384, 1.596027, 0.391762, 0.812968, 2.017232

    /** ITU-R BT.709, the same range. */
    BT709(16, 9539, 14686, 1747, 4366, 17305), // 1.164384, 1.792741, 0.213249, 0.532909, 2.112402

    /** ITU-R BT.709 in full range. */
    BT709_FULL(0, 8192, 12901, 1535, 3835, 15201); // 1, 1.5748, 0.187324, 0.468124, 1.8556

    internal companion object {
        const val POINT = 13
    }
}
