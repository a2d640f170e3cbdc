package org.mobileseg.demo.ui

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import android.media.ExifInterface
import java.io.IOException
import java.io.InputStream
import kotlin.math.max
import org.mobileseg.demo.manifest.Size

/** Longest side of a decoded picture in pixels; models use much smaller inputs. */
private const val LONGEST = 2048

/**
 * Reads a picture from [open], which is called several times, and rotates it by its EXIF tag. Throws [IOException] for
 * a file that is no picture.
 */
internal fun readPicture(open: () -> InputStream): StillPicture {
    val options = BitmapFactory.Options().apply { inJustDecodeBounds = true }
    open().use { BitmapFactory.decodeStream(it, null, options) }
    if (options.outWidth <= 0 || options.outHeight <= 0) throw IOException("${options.outMimeType ?: "?"}: 0x0")
    val decoding =
        BitmapFactory.Options().apply {
            inPreferredConfig = Bitmap.Config.ARGB_8888
            inSampleSize = reduction(max(options.outWidth, options.outHeight))
        }
    val decoded =
        open().use { BitmapFactory.decodeStream(it, null, decoding) } ?: throw IOException(options.outMimeType ?: "?")
    val turn = open().use(::matrixOf)
    val upright =
        if (turn.isIdentity) decoded else Bitmap.createBitmap(decoded, 0, 0, decoded.width, decoded.height, turn, true)
    val argb = IntArray(upright.width * upright.height)
    upright.getPixels(argb, 0, upright.width, 0, 0, upright.width, upright.height)
    return StillPicture(argb, Size(upright.height, upright.width))
}

/** The power of two by which a picture is reduced during decoding. */
internal fun reduction(longest: Int): Int {
    var factor = 1
    while (longest / factor > LONGEST) factor *= 2
    return factor
}

private fun matrixOf(stream: InputStream): Matrix {
    val tag =
        try {
            ExifInterface(stream).getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)
        } catch (_: IOException) { // a picture without EXIF data is upright
            ExifInterface.ORIENTATION_NORMAL
        }
    return matrixOf(tag)
}

/** Exif 2.3, page 37: the eight orientations. */
internal fun matrixOf(tag: Int): Matrix =
    Matrix().apply {
        when (tag) {
            ExifInterface.ORIENTATION_FLIP_HORIZONTAL -> setScale(-1f, 1f)
            ExifInterface.ORIENTATION_ROTATE_180 -> setRotate(180f)
            ExifInterface.ORIENTATION_FLIP_VERTICAL -> setScale(1f, -1f)
            ExifInterface.ORIENTATION_TRANSPOSE -> {
                setRotate(90f)
                postScale(-1f, 1f)
            }
            ExifInterface.ORIENTATION_ROTATE_90 -> setRotate(90f)
            ExifInterface.ORIENTATION_TRANSVERSE -> {
                setRotate(-90f)
                postScale(-1f, 1f)
            }
            ExifInterface.ORIENTATION_ROTATE_270 -> setRotate(-90f)
        }
    }
