package org.mobileseg.demo.ui

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.RectF
import android.os.Bundle
import android.os.Parcelable
import android.os.SystemClock
import android.util.AttributeSet
import android.view.MotionEvent
import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import kotlin.math.abs
import kotlin.math.max
import kotlin.math.min
import kotlin.math.roundToInt
import org.mobileseg.demo.R
import org.mobileseg.demo.image.even
import org.mobileseg.demo.manifest.Size
import org.mobileseg.demo.pipeline.Scene

/**
 * Shows a scene: the picture with the class colours on top, unfiltered so that class borders are exact. With two models
 * there is a divider, the first model at its left. A touch names the class under it, or drags the divider.
 */
class SegmentationView(context: Context, attributes: AttributeSet?) : View(context, attributes) {
    /** From 0 (transparent) to 1 (opaque). */
    var opacity: Float = DEFAULT_OPACITY
        set(value) {
            field = value
            invalidate()
        }

    /** Position of the divider, from 0 (left) to 1 (right). */
    var divider: Float = 0.5f
        set(value) {
            field = value.coerceIn(0f, 1f)
            invalidate()
        }

    private var scene: Scene? = null
    private var picture: Bitmap? = null
    private var aspect = 1f
    private var layers: List<Bitmap> = emptyList()
    private val area = RectF()
    private var touched: Touched? = null
    private var described = 0L
    private var dragging = false

    private val pictures = Paint(Paint.FILTER_BITMAP_FLAG)
    private val classes = Paint().apply { isFilterBitmap = false }
    private val line = Paint(Paint.ANTI_ALIAS_FLAG).apply { strokeWidth = resources.getDimension(R.dimen.line) }
    private val label = MarkPainter(context)

    private class Touched(val x: Float, val y: Float)

    /** Shows [scene], which may be reused after the call. */
    fun show(scene: Scene) {
        this.scene = scene
        val same = picture?.takeIf { it.height == scene.size.height && it.width == scene.size.width }
        val shown = same ?: bitmap(scene.size)
        shown.setPixels(scene.pixels)
        if (picture !== shown || aspect != scene.aspect) requestLayout()
        picture = shown
        aspect = scene.aspect
        if (
            layers.size != scene.layers.size ||
                layers.zip(scene.layers).any { (b, l) -> b.height != l.size.height || b.width != l.size.width }
        ) {
            layers = scene.layers.map { bitmap(it.size) }
        }
        scene.layers.forEachIndexed { i, layer -> layers[i].setPixels(layer.colours) }
        val now = SystemClock.uptimeMillis()
        if (contentDescription == null || described == 0L || now - described >= SPOKEN_MS) describe(scene, now)
        fit()
        invalidate()
    }

    /** Screen readers are told at most once a second, or they would say nothing else. */
    private fun describe(scene: Scene, now: Long) {
        described = now
        contentDescription = describe(resources, scene, divider)
    }

    /** Shows nothing. */
    fun clear() {
        described = 0
        scene = null
        picture = null
        layers = emptyList()
        touched = null
        contentDescription = resources.getString(R.string.picture_empty)
        invalidate()
    }

    /** Picture with overlay as shown, larger than the network's input; null if there is none. */
    fun capture(): Bitmap? {
        val size = recordedSize ?: return null
        return Bitmap.createBitmap(size.width, size.height, Bitmap.Config.ARGB_8888).also { drawWhole(Canvas(it)) }
    }

    /** The size of what is captured and recorded, in even numbers as encoders want; null without a picture. */
    internal val recordedSize: Size?
        get() {
            val source = picture ?: return null
            val width = max(source.width, (source.height * aspect).roundToInt()) * ENLARGED
            return Size(even((width / aspect).roundToInt()), even(width))
        }

    /** Draws picture and overlay as shown to all of [canvas]. */
    internal fun drawWhole(canvas: Canvas) =
        drawScene(canvas, RectF(0f, 0f, canvas.width.toFloat(), canvas.height.toFloat()))

    /** If the height is free: that of the picture at full width, but leaving space for the views below. */
    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        val (width, room) = MeasureSpec.getSize(widthSpec) to MeasureSpec.getSize(heightSpec)
        if (MeasureSpec.getMode(heightSpec) == MeasureSpec.EXACTLY) return setMeasuredDimension(width, room)
        val wanted = if (picture == null) room else (width / aspect).roundToInt()
        setMeasuredDimension(width, min(wanted, (MOST * room).toInt()))
    }

    override fun onSizeChanged(width: Int, height: Int, oldWidth: Int, oldHeight: Int) {
        super.onSizeChanged(width, height, oldWidth, oldHeight)
        fit()
    }

    override fun onDraw(canvas: Canvas) {
        if (picture == null) return
        drawScene(canvas, area)
        val place = touched ?: return
        label.draw(canvas, area.left + place.x * area.width(), area.top + place.y * area.height(), nameAt(place), width)
    }

    private fun drawScene(canvas: Canvas, into: RectF) {
        val shown = picture ?: return
        canvas.drawBitmap(shown, null, into, pictures)
        classes.alpha = (opacity * OPAQUE).toInt()
        val border = into.left + divider * into.width()
        layers.forEachIndexed { i, layer ->
            canvas.save()
            if (layers.size == 2) {
                val (from, to) = if (i == 0) into.left to border else border to into.right
                canvas.clipRect(from, into.top, to, into.bottom)
            }
            canvas.drawBitmap(layer, null, into, classes)
            canvas.restore()
        }
        if (layers.size == 2) {
            for ((colour, widths) in listOf(R.color.mark_edge to EDGE, R.color.mark to 1f)) {
                line.color = context.getColor(colour)
                line.strokeWidth = widths * resources.getDimension(R.dimen.line)
                canvas.drawLine(border, into.top, border, into.bottom, line)
            }
        }
    }

    private fun fit() {
        val w = min(width.toFloat(), height * aspect)
        val h = w / aspect
        area.set((width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2)
    }

    /** The class that was named last; null if none was touched. */
    internal val named: String?
        get() = touched?.let(::nameAt)

    private fun nameAt(place: Touched): String {
        val scene = scene ?: return ""
        val layer =
            scene.layers.getOrElse(if (scene.layers.size == 2 && place.x >= divider) 1 else 0) { scene.layers.first() }
        return layer.manifest.output.classes.getOrElse(layer.classAt(place.x, place.y)) { "" }
    }

    override fun onTouchEvent(event: MotionEvent): Boolean {
        if (picture == null || area.isEmpty) return super.onTouchEvent(event)
        val x = ((event.x - area.left) / area.width()).coerceIn(0f, 1f)
        val y = ((event.y - area.top) / area.height()).coerceIn(0f, 1f)
        when (event.actionMasked) {
            MotionEvent.ACTION_DOWN -> {
                parent.requestDisallowInterceptTouchEvent(true)
                val reach = resources.getDimension(R.dimen.touch) / 2
                dragging = layers.size == 2 && abs(event.x - (area.left + divider * area.width())) <= reach
                if (!dragging) touch(x, y)
            }
            MotionEvent.ACTION_MOVE -> if (dragging) divider = x else touch(x, y)
            MotionEvent.ACTION_UP -> {
                if (!dragging) performClick()
                dragging = false
            }
            MotionEvent.ACTION_CANCEL -> dragging = false
        }
        return true
    }

    private fun touch(x: Float, y: Float) {
        touched = Touched(x, y)
        invalidate()
    }

    override fun performClick(): Boolean {
        touched?.let {
            described = SystemClock.uptimeMillis()
            contentDescription = nameAt(it)
        }
        return super.performClick()
    }

    override fun onInitializeAccessibilityNodeInfo(info: AccessibilityNodeInfo) {
        super.onInitializeAccessibilityNodeInfo(info)
        if (layers.size != 2) return
        info.isScrollable = true
        info.addAction(AccessibilityNodeInfo.AccessibilityAction.ACTION_SCROLL_FORWARD)
        info.addAction(AccessibilityNodeInfo.AccessibilityAction.ACTION_SCROLL_BACKWARD)
    }

    override fun performAccessibilityAction(action: Int, arguments: Bundle?): Boolean {
        val step =
            when (action) {
                AccessibilityNodeInfo.ACTION_SCROLL_FORWARD -> STEP
                AccessibilityNodeInfo.ACTION_SCROLL_BACKWARD -> -STEP
                else -> return super.performAccessibilityAction(action, arguments)
            }
        divider += step
        scene?.let { describe(it, SystemClock.uptimeMillis()) }
        return layers.size == 2
    }

    override fun onSaveInstanceState(): Parcelable =
        Bundle().apply {
            putParcelable(ABOVE, super.onSaveInstanceState())
            putFloat(DIVIDER, divider)
        }

    @Suppress("DEPRECATION") // its replacement is newer than the oldest supported Android
    override fun onRestoreInstanceState(state: Parcelable?) {
        super.onRestoreInstanceState((state as? Bundle)?.getParcelable(ABOVE))
        if (state is Bundle) divider = state.getFloat(DIVIDER, divider)
    }

    private fun bitmap(size: Size): Bitmap = Bitmap.createBitmap(size.width, size.height, Bitmap.Config.ARGB_8888)

    private fun Bitmap.setPixels(argb: IntArray) = setPixels(argb, 0, width, 0, 0, width, height)

    private companion object {
        const val DEFAULT_OPACITY = 0.55f
        const val OPAQUE = 255
        const val EDGE = 2f
        const val STEP = 0.1f
        const val SPOKEN_MS = 1000L
        const val ABOVE = "above"
        const val DIVIDER = "divider"
        const val MOST = 0.6f

        /** Minimum size of a captured picture: model inputs are small, text and lines need more pixels. */
        const val ENLARGED = 2
    }
}
