package org.mobileseg.demo.ui

import android.app.Activity
import android.os.Build
import org.mobileseg.demo.newer.Newer

/** Back within the screen since Android 13, which wants to know in advance whether it leads out of the app. */
internal class BackWay(private val activity: Activity, private val action: () -> Unit) {
    private var giveBack: (() -> Unit)? = null

    /** [taken]: the next back is [action]. */
    fun take(taken: Boolean) {
        if (Build.VERSION.SDK_INT < ANDROID_13 || taken == (giveBack != null)) return
        giveBack?.invoke()
        giveBack = if (taken) Newer.onBack(activity, action) else null
    }

    private companion object {
        const val ANDROID_13 = 33
    }
}
