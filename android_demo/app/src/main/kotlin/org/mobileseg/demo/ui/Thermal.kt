package org.mobileseg.demo.ui

import android.content.Context
import android.os.Build
import android.os.PowerManager
import org.mobileseg.demo.newer.Newer

/** [status]: see [thermalStatus]; [headroom]: see [thermalHeadroom]. */
internal class Heat(val status: Int?, val headroom: Float?) {
    companion object {
        fun of(context: Context): Heat = Heat(thermalStatus(context), thermalHeadroom(context))
    }
}

/** Android's thermal status, 0 (none) to 6 (shutdown); null before Android 10. */
internal fun thermalStatus(context: Context): Int? {
    if (Build.VERSION.SDK_INT < ANDROID_10) return null
    return Newer.thermalStatus(context.getSystemService(Context.POWER_SERVICE) as PowerManager)
}

/**
 * Android's forecast for 10 s as a share of what throttles severely; null before Android 11, and where the device does
 * not say.
 */
internal fun thermalHeadroom(context: Context): Float? {
    if (Build.VERSION.SDK_INT < ANDROID_11) return null
    return Newer.thermalHeadroom(context.getSystemService(Context.POWER_SERVICE) as PowerManager).takeIf { it >= 0f }
}

private const val ANDROID_11 = 30
private const val ANDROID_10 = 29 // as a number: the oldest Android that the app compiles against has no name for it
