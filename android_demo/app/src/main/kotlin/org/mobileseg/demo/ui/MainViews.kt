package org.mobileseg.demo.ui

import android.app.Activity
import android.view.View
import android.widget.Button
import android.widget.SeekBar
import android.widget.TextView
import org.mobileseg.demo.R
import org.mobileseg.demo.pipeline.Pipeline
import org.mobileseg.demo.pipeline.Scene

/** The views of the main screen. */
internal class MainViews(private val activity: Activity) {
    val picture: SegmentationView = find(R.id.picture)
    val legend: LegendView = find(R.id.legend)
    private val figures: TextView = find(R.id.figures)
    private val latencies: LatencyTable = find(R.id.latencies)
    private val panel: View = find(R.id.panel)
    private val notice: View = find(R.id.notice)
    private val title: TextView = find(R.id.notice_title)
    private val text: TextView = find(R.id.notice_text)
    private val action: Button = find(R.id.notice_action)
    private var scene: Scene? = null

    init {
        find<SeekBar>(R.id.opacity).setOnSeekBarChangeListener(sliding { picture.opacity = it })
    }

    /** Shows a scene. */
    fun show(scene: Scene) {
        this.scene = scene
        picture.show(scene)
    }

    /** Updates figures and legend, more slowly than the picture so that they are readable. */
    fun figures(pipeline: Pipeline, threads: Int, heat: Heat, still: Boolean) {
        val shown = scene?.takeIf { it.layers.size == pipeline.manifests.size } ?: return
        figures.text = figures(activity.resources, pipeline, shown, threads, heat, still)
        latencies.show(latencies(activity.resources, pipeline))
        legend.show(shown, pipeline.only)
    }

    fun clear() {
        scene = null
        picture.clear()
        legend.clear()
        figures.text = ""
        latencies.show(emptyList())
    }

    /** Shows a notice in place of everything else; null removes it. */
    fun notice(shown: Notice?, apply: (Remedy) -> Unit) {
        notice.visibility = if (shown == null) View.GONE else View.VISIBLE
        panel.visibility = if (shown == null) View.VISIBLE else View.GONE
        picture.visibility = if (shown == null) View.VISIBLE else View.INVISIBLE
        title.text = shown?.title
        text.text = shown?.text
        val remedy = shown?.remedy
        action.visibility = if (remedy == null) View.GONE else View.VISIBLE
        if (remedy != null) action.setText(remedy.label)
        action.setOnClickListener { if (remedy != null) apply(remedy) }
    }

    private fun <T : View> find(id: Int): T = activity.findViewById<T>(id)!!
}
