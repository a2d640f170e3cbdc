package org.mobileseg.demo.newer

import android.annotation.TargetApi
import android.os.Build
import android.os.PowerManager

/**
 * All that is newer than the oldest Android that the app runs on. Called behind a look at `Build.VERSION.SDK_INT`
 * alone.
 */
internal object Newer {
    /** 0 none to 6 shutdown. */
    @TargetApi(29) fun thermalStatus(power: PowerManager): Int = power.currentThermalStatus

    /** Chip. */
    @TargetApi(31) fun soc(): String = "${Build.SOC_MANUFACTURER} ${Build.SOC_MODEL}"
}
