package org.mobileseg.demo.ui

import android.content.Context
import android.graphics.drawable.GradientDrawable
import android.util.AttributeSet
import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.widget.LinearLayout
import android.widget.TextView
import org.mobileseg.demo.R
import org.mobileseg.demo.pipeline.ALL_CLASSES
import org.mobileseg.demo.pipeline.Scene

/**
 * One row per class in the picture: colour, name and share. A touch shows only that class, another touch all again; a
 * long one hides its small regions.
 */
class LegendView(context: Context, attributes: AttributeSet?) : LinearLayout(context, attributes) {
    /** Called with the only class to show, or [ALL_CLASSES]. */
    var onChoice: (Int) -> Unit = {}

    /** Called with the class whose small regions are to be hidden, after a long touch. */
    var onLong: (Int) -> Unit = {}
    private var rows: List<TextView> = emptyList()
    private var classes: List<String> = emptyList()
    private var palette: List<Int> = emptyList()
    private var chosen = ALL_CLASSES

    /** Shows the shares of [scene]; [only] is the only class shown. */
    fun show(scene: Scene, only: Int) {
        val output = scene.layers.first().manifest.output
        if (output.classes != classes || output.palette != palette) build(output.classes, output.palette)
        chosen = only
        rows.forEachIndexed { number, row ->
            val shares = scene.layers.map { it.share(number) }
            row.visibility = if (number == only || shares.any { it > 0f }) View.VISIBLE else View.GONE
            if (row.visibility == View.GONE) return@forEachIndexed
            val words = shareText(resources, classes[number], shares)
            if (!words.contentEquals(row.text)) row.text = words
            row.isActivated = number == only
            row.contentDescription = if (number == only) resources.getString(R.string.shown_alone, words) else words
            row.setBackgroundColor(if (number == only) context.getColor(R.color.chosen) else 0)
        }
    }

    /** Shows no classes. */
    fun clear() {
        build(emptyList(), emptyList())
    }

    private fun build(names: List<String>, colours: List<Int>) {
        classes = names
        palette = colours
        removeAllViews()
        rows = names.indices.map { number -> row(number, colours[number]).also(::addView) }
    }

    private fun row(number: Int, colour: Int): TextView {
        val margin = resources.getDimensionPixelSize(R.dimen.margin)
        val side = resources.getDimensionPixelSize(R.dimen.touch) / 2
        val swatch =
            GradientDrawable().apply {
                setColor(OPAQUE or colour)
                setStroke(resources.displayMetrics.density.toInt().coerceAtLeast(1), context.getColor(R.color.accent))
                setBounds(0, 0, side, side)
            }
        return TextView(context, null, 0, android.R.style.TextAppearance_Material_Body1).apply {
            setTextAppearance(android.R.style.TextAppearance_Material_Body1)
            setTextSize(TypedValue.COMPLEX_UNIT_SP, TEXT_SP)
            minHeight = resources.getDimensionPixelSize(R.dimen.touch)
            gravity = Gravity.CENTER_VERTICAL
            textAlignment = TEXT_ALIGNMENT_VIEW_START // beside its colour, whatever its own direction
            setPaddingRelative(margin, 0, margin, 0)
            compoundDrawablePadding = margin
            setCompoundDrawablesRelative(swatch, null, null, null)
            isClickable = true
            isFocusable = true
            setOnClickListener { onChoice(if (chosen == number) ALL_CLASSES else number) }
            setOnLongClickListener {
                onLong(number)
                true
            }
        }
    }

    private companion object {
        const val OPAQUE = 0xFF shl 24
        const val TEXT_SP = 16f
    }
}
