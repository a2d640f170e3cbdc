package org.mobileseg.demo.ui

import android.content.Context
import android.graphics.Canvas
import android.graphics.Paint
import android.util.TypedValue
import org.mobileseg.demo.R

/** Draws a ring with a label, light on dark: readable on any picture. */
internal class MarkPainter(context: Context) {
    private val unit = context.resources.getDimension(R.dimen.line)
    private val light = context.getColor(R.color.mark)
    private val dark = context.getColor(R.color.mark_edge)
    private val ring = Paint(Paint.ANTI_ALIAS_FLAG).apply { style = Paint.Style.STROKE }
    private val text =
        Paint(Paint.ANTI_ALIAS_FLAG).apply {
            textSize = TypedValue.applyDimension(TypedValue.COMPLEX_UNIT_SP, TEXT_SP, context.resources.displayMetrics)
            strokeJoin = Paint.Join.ROUND
            strokeWidth = unit
        }

    /** Draws at [x], [y]; the label is kept between the left edge and [width] if it fits, and below the top edge. */
    fun draw(canvas: Canvas, x: Float, y: Float, word: String, width: Int) {
        for ((colour, stroke) in listOf(dark to 2 * unit, light to unit)) {
            ring.color = colour
            ring.strokeWidth = stroke
            canvas.drawCircle(x, y, RADIUS * unit, ring)
        }
        val length = text.measureText(word)
        val right = (x + GAP * unit).takeIf { it + length <= width }
        val left = right ?: (x - GAP * unit - length).coerceAtLeast(0f)
        val base = y.coerceAtLeast(-text.ascent())
        text.style = Paint.Style.STROKE
        text.color = dark
        canvas.drawText(word, left, base, text)
        text.style = Paint.Style.FILL
        text.color = light
        canvas.drawText(word, left, base, text)
    }

    private companion object {
        const val TEXT_SP = 18f
        const val RADIUS = 4f
        const val GAP = 7f
    }
}
