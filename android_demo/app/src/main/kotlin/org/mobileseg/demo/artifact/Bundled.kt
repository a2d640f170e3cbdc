package org.mobileseg.demo.artifact

import java.io.File
import java.io.InputStream
import org.mobileseg.demo.manifest.parseManifest

/** The models that came with the app: [names] of its assets, which [open] opens. Slow: for a worker thread. */
class Bundled(
    private val store: ArtifactStore,
    private val names: Set<String>,
    private val open: (String) -> InputStream,
) {
    /**
     * Copies those that [store] lacks, and removes the copies of the same name that came with an older version of the
     * app. [known] is kept by the caller: by name, the folder of what was copied, so that a file of the same name that
     * was opened from storage stays. Returns each removed copy with its successor. Throws
     * [org.mobileseg.demo.manifest.Refusal].
     */
    fun install(known: MutableMap<String, String>): Map<File, File> {
        val replaced = mutableMapOf<File, File>()
        for (name in names.filter { it + MANIFEST_SUFFIX in names }.sorted()) {
            val spec = open(name + MANIFEST_SUFFIX).use { parseManifest(readManifest(it)) }.file
            val file =
                store.find(spec) ?: store.install(listOf(name, name + MANIFEST_SUFFIX).map { Source(it) { open(it) } })
            val folder = file.parentFile!!.name
            val before = known.put(file.name, folder)
            val older =
                store.list().filter {
                    it.name == file.name && it != file && before in setOf(null, it.parentFile!!.name)
                }
            for (one in older) {
                store.remove(one)
                replaced[one] = file
            }
        }
        return replaced
    }
}
