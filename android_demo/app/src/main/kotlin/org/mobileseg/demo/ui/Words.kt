package org.mobileseg.demo.ui

import android.content.res.Resources
import java.text.NumberFormat
import org.mobileseg.demo.R
import org.mobileseg.demo.image.dominantClasses
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.pipeline.Latency
import org.mobileseg.demo.pipeline.Pipeline
import org.mobileseg.demo.pipeline.Scene
import org.mobileseg.demo.pipeline.Stage

// Figures and scenes as text in the user's language.

private val Resources.locale
    get() = configuration.locales[0]

/** 0..1 as percent. */
internal fun Resources.percent(share: Float, digits: Int = 0): String =
    NumberFormat.getPercentInstance(locale)
        .apply {
            minimumFractionDigits = digits
            maximumFractionDigits = digits
        }
        .format(share)

private fun Resources.number(value: Double): String =
    NumberFormat.getNumberInstance(locale)
        .apply {
            minimumFractionDigits = 1
            maximumFractionDigits = 1
        }
        .format(value)

/** "road 34 %", with two models "road 34 % | 31 %"; tiny shares are "<1 %". */
internal fun shareText(resources: Resources, name: String, shares: List<Float>): String {
    val words = shares.map { share ->
        if (share > 0f && share < HARDLY) resources.getString(R.string.share_small, resources.percent(2 * HARDLY))
        else resources.percent(share)
    }
    return if (words.size == 1) resources.getString(R.string.share_one, name, words[0])
    else resources.getString(R.string.share_two, name, words[0], words[1])
}

private const val HARDLY = 0.005f // shares below are rounded to 0

/** The dominant classes, as content description of the picture. */
internal fun describe(resources: Resources, scene: Scene, divider: Float): String {
    val layer = scene.layers.first()
    val names = layer.manifest.output.classes
    val seen = dominantClasses(layer.counts).joinToString { shareText(resources, names[it], listOf(layer.share(it))) }
    val picture = resources.getString(R.string.picture_description, seen)
    if (scene.layers.size == 1) return picture
    val (left, right) = scene.layers.map { nameOf(it.manifest) }
    val agreement = resources.getString(R.string.agreement, resources.percent(scene.agreement, 1))
    return "$picture. $agreement. " +
        resources.getString(R.string.divider_description, resources.percent(divider), left, right)
}

internal fun nameOf(manifest: ArtifactManifest): String = "${manifest.model} ${manifest.precision}"

/**
 * The status lines. [still]: no camera and no video is running. Includes notes on the weights, such as that they are
 * untrained.
 */
internal fun figures(
    resources: Resources,
    pipeline: Pipeline,
    scene: Scene,
    threads: Int,
    heat: Heat,
    still: Boolean,
): String {
    val rate = pipeline.rate.perSecond()
    val first =
        listOf(
                when {
                    still -> resources.getString(R.string.still)
                    rate.isNaN() -> resources.getString(R.string.rate_unknown)
                    else -> resources.getString(R.string.rate, resources.number(rate))
                },
                resources.getQuantityString(R.plurals.thread_count, threads, threads),
                resources.getString(R.string.thermal, thermalWords(resources, heat)),
            )
            .joinToString(" · ")
    val agreement =
        if (scene.agreement.isNaN()) null
        else resources.getString(R.string.agreement, resources.percent(scene.agreement, 1))
    val flips = flips(resources, pipeline)
    val notes = pipeline.manifests.mapNotNull { it.note }.distinct()
    return (listOf(first) + listOfNotNull(agreement, flips) + notes).joinToString("\n")
}

/** "flips: 1.2 % | 1.5 % of the pixels"; null before the second frame. */
private fun flips(resources: Resources, pipeline: Pipeline): String? {
    val shares = pipeline.flips.map { it.median() }.filterNot(Double::isNaN)
    if (shares.isEmpty()) return null
    return resources.getString(R.string.flips, shares.joinToString(" | ") { resources.percent(it.toFloat(), 1) })
}

/** For a [LatencyTable]. */
internal fun latencies(resources: Resources, pipeline: Pipeline): List<List<String>> =
    pipeline.manifests.mapIndexed { i, manifest ->
        val name =
            when {
                pipeline.manifests.size == 1 -> manifest.precision
                else -> resources.getString(if (i == 0) R.string.left else R.string.right, manifest.precision)
            }
        listOf(resources.getString(R.string.model_and_runtime, name, pipeline.runtimes[i])) +
            Stage.entries.map { resources.stage(it, pipeline.stopwatches[i].latency(it)) }
    }

private fun thermalWords(resources: Resources, heat: Heat): String {
    val status =
        resources.getStringArray(R.array.thermal_words).getOrNull(heat.status ?: -1)
            ?: resources.getString(R.string.thermal_unknown)
    val headroom = heat.headroom ?: return status
    return resources.getString(R.string.thermal_headroom, status, resources.percent(headroom))
}

private fun Resources.stage(stage: Stage, latency: Latency): String {
    val name =
        when (stage) {
            Stage.PREPARE -> getString(R.string.stage_prepare)
            Stage.INFER -> getString(R.string.stage_infer)
            Stage.CLASSIFY -> getString(R.string.stage_classify)
        }
    return if (latency.medianMs.isNaN()) name
    else getString(R.string.median_and_p90, name, number(latency.medianMs), number(latency.p90Ms))
}
