package org.mobileseg.demo.newer

import android.app.Activity
import android.content.Context
import android.os.PowerManager
import android.view.WindowInsets
import org.mobileseg.demo.benchmark.Hints
import org.mobileseg.demo.ui.Edges

/**
 * The signatures of the app's `newer/` without what is newer, so that everything else can be compiled against API 26.
 */
internal object Newer {
    fun thermalStatus(power: PowerManager): Int = absent(power)

    fun soc(): String = absent("")

    fun thermalHeadroom(power: PowerManager): Float = absent(power)

    fun safeEdges(insets: WindowInsets): Edges = absent(insets)

    fun overLockScreen(activity: Activity): Unit = absent(activity)

    fun onBack(activity: Activity, action: () -> Unit): () -> Unit = absent(activity to action)

    fun hints(context: Context, threads: IntArray, targetNanos: Long): Hints? =
        absent(context to threads to targetNanos)

    private fun absent(given: Any): Nothing = error("not on this Android: $given")
}
