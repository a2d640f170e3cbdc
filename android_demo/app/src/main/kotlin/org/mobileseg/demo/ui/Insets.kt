package org.mobileseg.demo.ui

import android.os.Build
import android.view.View
import android.view.WindowInsets
import org.mobileseg.demo.newer.Newer

/**
 * Keeps [view] clear of the system's bars and of the camera's hole, on top of its own padding: since Android 15 windows
 * reach from edge to edge.
 */
internal fun keepClear(view: View) {
    val own = Edges(view.paddingLeft, view.paddingTop, view.paddingRight, view.paddingBottom)
    view.setOnApplyWindowInsetsListener { _, insets ->
        val taken = if (Build.VERSION.SDK_INT >= ANDROID_11) Newer.safeEdges(insets) else barEdges(insets)
        view.setPadding(
            own.left + taken.left,
            own.top + taken.top,
            own.right + taken.right,
            own.bottom + taken.bottom,
        )
        insets
    }
}

/** In pixels. */
internal class Edges(val left: Int, val top: Int, val right: Int, val bottom: Int)

@Suppress("DEPRECATION") // its replacement is newer than the oldest supported Android
private fun barEdges(insets: WindowInsets): Edges =
    Edges(
        insets.systemWindowInsetLeft,
        insets.systemWindowInsetTop,
        insets.systemWindowInsetRight,
        insets.systemWindowInsetBottom,
    )

private const val ANDROID_11 = 30
