package org.mobileseg.demo.newer

import android.annotation.TargetApi
import android.app.Activity
import android.content.Context
import android.os.Build
import android.os.PerformanceHintManager
import android.os.PowerManager
import android.view.WindowInsets
import android.window.OnBackInvokedCallback
import android.window.OnBackInvokedDispatcher
import org.mobileseg.demo.benchmark.Hints
import org.mobileseg.demo.ui.Edges

/** All APIs newer than the oldest supported Android version. Only called after a check of `Build.VERSION.SDK_INT`. */
internal object Newer {
    /** Thermal status, 0 (none) to 6 (shutdown). */
    @TargetApi(29) fun thermalStatus(power: PowerManager): Int = power.currentThermalStatus

    /** Chip. */
    @TargetApi(31) fun soc(): String = "${Build.SOC_MANUFACTURER} ${Build.SOC_MODEL}"

    /** Heat in 10 seconds as a share of what throttles severely; NaN if the device does not say. */
    @TargetApi(30) fun thermalHeadroom(power: PowerManager): Float = power.getThermalHeadroom(10)

    @TargetApi(30)
    fun safeEdges(insets: WindowInsets): Edges =
        insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout()).run {
            Edges(left, top, right, bottom)
        }

    @TargetApi(27)
    fun overLockScreen(activity: Activity) {
        activity.setShowWhenLocked(true)
        activity.setTurnScreenOn(true)
    }

    /** Back calls [action] until the result is called. */
    @TargetApi(33)
    fun onBack(activity: Activity, action: () -> Unit): () -> Unit {
        val callback = OnBackInvokedCallback { action() }
        val dispatcher = activity.onBackInvokedDispatcher
        dispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT, callback)
        return { dispatcher.unregisterOnBackInvokedCallback(callback) }
    }

    /** A session of the performance hint API for [threads]; null if the device has none. */
    @TargetApi(31)
    fun hints(context: Context, threads: IntArray, targetNanos: Long): Hints? {
        val manager = context.getSystemService(PerformanceHintManager::class.java) ?: return null
        val session = manager.createHintSession(threads, targetNanos) ?: return null
        return object : Hints {
            override fun worked(nanos: Long) = session.reportActualWorkDuration(nanos)

            override fun close() = session.close()
        }
    }
}
