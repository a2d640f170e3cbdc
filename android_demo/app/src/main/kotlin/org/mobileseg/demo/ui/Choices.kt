package org.mobileseg.demo.ui

import android.app.Activity
import org.mobileseg.demo.R

/** Asks for the number of threads. */
internal fun chooseThreads(activity: Activity, now: Int, onUse: (Int) -> Unit) {
    val most = Runtime.getRuntime().availableProcessors()
    slide(
        activity,
        activity.getString(R.string.threads),
        steps = most - 1,
        start = now.coerceAtMost(most) - 1,
        words = { activity.resources.getQuantityString(R.plurals.thread_count, it + 1, it + 1) },
    ) {
        onUse(it + 1)
    }
}

/** Asks from which size on regions of the class [number] are drawn. */
internal fun hideSmall(activity: Activity, session: LiveSession, number: Int) {
    val name = session.pipeline?.manifests?.first()?.output?.classes?.get(number) ?: return
    slide(
        activity,
        activity.getString(R.string.hide_small, name),
        steps = SHARES.size - 1,
        start = SHARES.indexOfLast { it <= session.least(name) },
        words = {
            if (it == 0) activity.getString(R.string.hide_none)
            else activity.getString(R.string.hide_below, activity.resources.percent(SHARES[it], 2))
        },
    ) {
        session.hideSmaller(name, SHARES[it])
    }
}

/** Of the picture: each about twice the one before. */
private val SHARES = listOf(0f, 0.0002f, 0.0005f, 0.001f, 0.002f, 0.005f, 0.01f, 0.02f, 0.05f)
