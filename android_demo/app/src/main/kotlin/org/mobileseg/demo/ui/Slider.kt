package org.mobileseg.demo.ui

import android.app.Activity
import android.app.AlertDialog
import android.view.View
import android.widget.LinearLayout
import android.widget.SeekBar
import android.widget.TextView
import org.mobileseg.demo.R

/**
 * A dialog with a slider of [steps] + 1 positions from [start] on; [words]: of a position; [onUse]: what was chosen.
 */
internal fun slide(
    activity: Activity,
    title: CharSequence,
    steps: Int,
    start: Int,
    words: (Int) -> String,
    onUse: (Int) -> Unit,
): AlertDialog {
    val margin = activity.resources.getDimensionPixelSize(R.dimen.margin)
    val told =
        TextView(activity).apply {
            setTextAppearance(android.R.style.TextAppearance_Material_Body1)
            textAlignment = View.TEXT_ALIGNMENT_VIEW_START
            text = words(start)
        }
    val bar =
        SeekBar(activity).apply {
            id = R.id.slider
            max = steps
            progress = start
            minimumHeight = resources.getDimensionPixelSize(R.dimen.touch)
            contentDescription = title
        }
    bar.setOnSeekBarChangeListener(sliding { told.text = words(bar.progress) })
    val both =
        LinearLayout(activity).apply {
            orientation = LinearLayout.VERTICAL
            setPadding(2 * margin, margin, 2 * margin, 0)
            addView(told)
            addView(bar)
        }
    return AlertDialog.Builder(activity)
        .setTitle(title)
        .setView(both)
        .setNegativeButton(R.string.cancel, null)
        .setPositiveButton(R.string.use) { _, _ -> onUse(bar.progress) }
        .show()
}

/** Calls [onMove] with the slider's position, 0..1, whenever it changes. */
internal fun sliding(onMove: (Float) -> Unit): SeekBar.OnSeekBarChangeListener =
    object : SeekBar.OnSeekBarChangeListener {
        override fun onProgressChanged(bar: SeekBar, progress: Int, fromUser: Boolean) =
            onMove(progress.toFloat() / bar.max)

        override fun onStartTrackingTouch(bar: SeekBar) = Unit

        override fun onStopTrackingTouch(bar: SeekBar) = Unit
    }
