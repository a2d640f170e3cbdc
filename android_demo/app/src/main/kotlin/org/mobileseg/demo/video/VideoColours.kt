package org.mobileseg.demo.video

import android.media.MediaFormat
import org.mobileseg.demo.image.Matrix

/**
 * How a decoder's YUV becomes RGB. Where the file does not say: the range that video has, and BT.709 from 720 rows on,
 * as players do.
 */
internal fun matrixOf(format: MediaFormat): Matrix {
    val full =
        format.number(MediaFormat.KEY_COLOR_RANGE, MediaFormat.COLOR_RANGE_LIMITED) == MediaFormat.COLOR_RANGE_FULL
    val guess =
        if (format.number(MediaFormat.KEY_HEIGHT, 0) >= HIGH_DEFINITION) MediaFormat.COLOR_STANDARD_BT709
        else MediaFormat.COLOR_STANDARD_BT601_NTSC
    val newer =
        when (format.number(MediaFormat.KEY_COLOR_STANDARD, guess)) {
            MediaFormat.COLOR_STANDARD_BT601_PAL,
            MediaFormat.COLOR_STANDARD_BT601_NTSC -> false
            else -> true
        }
    return when {
        newer -> if (full) Matrix.BT709_FULL else Matrix.BT709
        else -> if (full) Matrix.JFIF else Matrix.BT601
    }
}

internal fun MediaFormat.number(key: String, otherwise: Int): Int = if (containsKey(key)) getInteger(key) else otherwise

private const val HIGH_DEFINITION = 720
