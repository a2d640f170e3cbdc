package org.mobileseg.demo.ui

import android.content.Context
import android.os.Build
import android.os.PowerManager
import org.mobileseg.demo.newer.Newer

/** Android's thermal status, 0 (none) to 6 (shutdown); null before Android 10. */
internal fun thermalStatus(context: Context): Int? {
    if (Build.VERSION.SDK_INT < ANDROID_10) return null
    return Newer.thermalStatus(context.getSystemService(Context.POWER_SERVICE) as PowerManager)
}

private const val ANDROID_10 = 29 // as a number: the oldest Android that the app compiles against has no name for it
