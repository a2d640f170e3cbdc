package org.mobileseg.demo.newer

import android.annotation.TargetApi
import android.os.Build
import android.os.PowerManager

/** All APIs newer than the oldest supported Android version. Only called after a check of `Build.VERSION.SDK_INT`. */
internal object Newer {
    /** Thermal status, 0 (none) to 6 (shutdown). */
    @TargetApi(29) fun thermalStatus(power: PowerManager): Int = power.currentThermalStatus

    /** Chip. */
    @TargetApi(31) fun soc(): String = "${Build.SOC_MANUFACTURER} ${Build.SOC_MODEL}"
}
