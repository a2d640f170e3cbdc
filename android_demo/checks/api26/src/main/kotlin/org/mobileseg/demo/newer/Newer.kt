package org.mobileseg.demo.newer

import android.os.PowerManager

/**
 * The signatures of the app's `newer/` without what is newer, so that everything else can be compiled against API 26.
 */
internal object Newer {
    fun thermalStatus(power: PowerManager): Int = error("not on this Android: $power")

    fun soc(): String = error("not on this Android")
}
