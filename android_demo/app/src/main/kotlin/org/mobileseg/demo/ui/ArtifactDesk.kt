package org.mobileseg.demo.ui

import android.app.Activity
import android.app.AlertDialog
import android.content.Intent
import android.widget.Toast
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import org.mobileseg.demo.R
import org.mobileseg.demo.artifact.ArtifactStore
import org.mobileseg.demo.artifact.Bundled
import org.mobileseg.demo.artifact.MANIFEST_SUFFIX
import org.mobileseg.demo.artifact.Source
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.parseManifest

/** The available models (bundled with the app or opened from storage) and the choice among them. */
internal class ArtifactDesk(
    private val activity: Activity,
    private val retained: Retained,
    private val onRefused: (Refusal?) -> Unit,
) {
    private val store: ArtifactStore
        get() = retained.store

    private val memory = activity.getSharedPreferences("artifacts", Activity.MODE_PRIVATE)

    /** Loads the last choice, else a bundled model; calls [onRefused] with null if there is none. */
    fun loadChosen() =
        retained.model.post {
            try {
                installBundled()
                val known = store.list()
                val files = chosen() ?: listOfNotNull(known.minByOrNull(File::length)) // the smallest is the fastest
                activity.runOnUiThread { if (files.isEmpty()) onRefused(null) else load(files) }
            } catch (refusal: Refusal) {
                activity.runOnUiThread { onRefused(refusal) }
            }
        }

    /** Shows a dialog to choose one or two of the available models. */
    fun choose() {
        retained.model.post {
            val known = store.list()
            val names = known.map { name(it) }.toTypedArray()
            activity.runOnUiThread { showChoice(known, names) }
        }
    }

    /** Opens the system's file picker. */
    fun pick() {
        val intent = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("*/*")
        activity.startActivityForResult(intent.putExtra(Intent.EXTRA_ALLOW_MULTIPLE, true), REQUEST)
        Toast.makeText(activity, R.string.choose_two_files, Toast.LENGTH_LONG).show()
    }

    /** Handles the picked files. */
    fun onPicked(data: Intent?) {
        val clip = data?.clipData
        val picked = if (clip != null) List(clip.itemCount) { clip.getItemAt(it).uri } else listOfNotNull(data?.data)
        if (picked.isEmpty()) return
        val resolver = activity.contentResolver
        retained.model.post {
            try {
                val sources = picked.map { uri ->
                    Source(displayName(activity, uri)) {
                        resolver.openInputStream(uri) ?: throw FileNotFoundException(uri.toString())
                    }
                }
                val file = store.install(sources)
                activity.runOnUiThread { load(listOf(file)) }
            } catch (refusal: Refusal) {
                activity.runOnUiThread { onRefused(refusal) }
            }
        }
    }

    /** Loads again with another number of [threads], or other files. */
    fun load(files: List<File>, threads: Int = memory.getInt(THREADS, LiveSession.DEFAULT_THREADS)) {
        memory.edit().putString(CHOSEN, files.joinToString(SEPARATOR)).putInt(THREADS, threads).apply()
        retained.session.load(files, threads)
    }

    /** Copies the models in the app's assets; those of an older version of the app make place for them. */
    private fun installBundled() {
        val assets = activity.assets
        val known =
            memory.all
                .mapNotNull { (key, value) ->
                    if (key.startsWith(BUNDLED)) key.removePrefix(BUNDLED) to "$value" else null
                }
                .toMap(mutableMapOf())
        val names = assets.list(ASSETS).orEmpty().toSet()
        val replaced = Bundled(store, names) { assets.open("$ASSETS/$it") }.install(known)
        val change = memory.edit()
        for ((name, folder) in known) change.putString(BUNDLED + name, folder)
        chosen()?.let { files -> change.putString(CHOSEN, files.joinToString(SEPARATOR) { "${replaced[it] ?: it}" }) }
        change.apply()
    }

    private fun chosen(): List<File>? = memory.getString(CHOSEN, null)?.split(SEPARATOR)?.map(::File)

    private fun showChoice(known: List<File>, names: Array<String>) {
        if (activity.isDestroyed) return
        val marks = BooleanArray(known.size) { known[it] in retained.session.files }
        AlertDialog.Builder(activity)
            .setTitle(R.string.choose_one_or_two)
            .setMultiChoiceItems(names, marks) { _, which, on -> marks[which] = on }
            .setNeutralButton(R.string.open_artifact) { _, _ -> pick() }
            .setNegativeButton(R.string.cancel, null)
            .setPositiveButton(R.string.use) { _, _ ->
                val files = known.filterIndexed { i, _ -> marks[i] }
                if (files.size in 1..2) load(files)
            }
            .show()
    }

    private fun name(file: File): String =
        try {
            val manifest = parseManifest(File(file.path + MANIFEST_SUFFIX).readText())
            activity.getString(R.string.artifact_choice, manifest.model, manifest.precision, manifest.target.id)
        } catch (_: Refusal) { // reported in full when it is chosen
            file.name
        } catch (_: IOException) {
            file.name
        }

    companion object {
        const val REQUEST: Int = 2
        private const val ASSETS = "artifacts"
        private const val CHOSEN = "chosen"
        private const val BUNDLED = "bundled "
        private const val THREADS = "threads"
        private const val SEPARATOR = "\n"
    }
}
