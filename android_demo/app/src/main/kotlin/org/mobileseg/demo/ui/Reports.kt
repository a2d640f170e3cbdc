package org.mobileseg.demo.ui

import android.content.Context
import android.graphics.Bitmap
import android.net.Uri
import android.provider.OpenableColumns
import java.io.IOException
import java.io.OutputStream
import java.time.Instant
import org.mobileseg.demo.benchmark.DeviceFacts
import org.mobileseg.demo.pipeline.Pipeline
import org.mobileseg.demo.report.LiveSource
import org.mobileseg.demo.report.liveReport

/** Where the frames come from. */
internal fun sourceOf(context: Context, retained: Retained): LiveSource {
    val file = retained.video ?: return LiveSource("camera", null)
    return LiveSource("video", displayName(context, file))
}

/** The live view's figures as JSON. */
internal fun reportOf(context: Context, pipeline: Pipeline, source: LiveSource, threads: Int): String {
    val facts = DeviceFacts(context)
    val version = context.packageManager.getPackageInfo(context.packageName, 0).versionName.orEmpty()
    val now = Instant.now()
    return liveReport(pipeline, source, threads, facts.properties(), facts.sensors(), version, now).toString(1) + "\n"
}

/** Throws [IOException]. */
internal fun Bitmap.writePng(stream: OutputStream) {
    if (!compress(Bitmap.CompressFormat.PNG, 100, stream)) throw IOException("PNG")
}

/** What the owner of [uri] calls it. */
internal fun displayName(context: Context, uri: Uri): String {
    val told =
        try {
            context.contentResolver.query(uri, arrayOf(OpenableColumns.DISPLAY_NAME), null, null, null)?.use {
                if (it.moveToFirst()) it.getString(0) else null
            }
        } catch (_: SecurityException) { // reported when it is opened
            null
        }
    return told ?: uri.lastPathSegment.orEmpty()
}
