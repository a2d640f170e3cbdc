package org.mobileseg.demo.ui

import android.content.Context
import android.util.AttributeSet
import android.widget.LinearLayout
import android.widget.TextView
import org.mobileseg.demo.R

/** For each model its name, and below it the stages side by side with equal widths. */
class LatencyTable(context: Context, attributes: AttributeSet?) : LinearLayout(context, attributes) {
    private var cells: List<List<TextView>> = emptyList()

    init {
        orientation = VERTICAL
    }

    /** One of [rows] per model: its title, then its stages. */
    fun show(rows: List<List<String>>) {
        if (cells.map { it.size } != rows.map { it.size }) build(rows)
        for ((row, words) in cells.zip(rows)) for ((cell, word) in row.zip(words)) {
            if (!word.contentEquals(cell.text)) cell.text = word
        }
    }

    private fun build(rows: List<List<String>>) {
        removeAllViews()
        cells = rows.map { words ->
            val name = cell().also { addView(it, LayoutParams(LayoutParams.MATCH_PARENT, LayoutParams.WRAP_CONTENT)) }
            val line = LinearLayout(context).also(::addView)
            listOf(name) +
                words.drop(1).map {
                    cell().also { line.addView(it, LayoutParams(0, LayoutParams.WRAP_CONTENT, 1f)) }
                }
        }
    }

    private fun cell() =
        TextView(context).apply {
            setTextAppearance(android.R.style.TextAppearance_Material_Body1)
            fontFeatureSettings = "tnum"
            textAlignment = TEXT_ALIGNMENT_VIEW_START
            val gap = resources.getDimensionPixelSize(R.dimen.gap)
            setPaddingRelative(0, gap, gap, 0)
        }
}
