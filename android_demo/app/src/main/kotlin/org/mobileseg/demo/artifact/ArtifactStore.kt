package org.mobileseg.demo.artifact

import java.io.File
import java.io.IOException
import java.io.InputStream
import org.mobileseg.demo.manifest.FileSpec
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.Target
import org.mobileseg.demo.manifest.parseManifest

/** A selected file: its name and its content. */
class Source(val name: String, val open: () -> InputStream)

/** The app's copies of artifacts in [root], each in a folder named by its sha256. Slow: for a worker thread. */
class ArtifactStore(private val root: File) {
    /** All stored artifacts; problems are reported when one is opened. */
    fun list(): List<File> =
        root
            .listFiles { file -> file.isDirectory && !file.name.startsWith(".") }
            .orEmpty()
            .sortedBy { it.name }
            .flatMap { folder ->
                folder.listFiles { file -> Target.entries.any { file.name.endsWith(it.suffix) } }.orEmpty().toList()
            }

    /**
     * Copies an artifact and its manifest, in any order, and checks them; the folder appears whole or not at all. The
     * file's name is taken from the manifest, because storage may have changed it. Throws [Refusal].
     */
    fun install(sources: List<Source>): File {
        val (manifests, files) = sources.partition { it.name.endsWith(MANIFEST_SUFFIX) }
        if (manifests.size != 1 || files.size != 1) {
            throw Refusal(Problem.FILES, "1 + 1", sources.joinToString { it.name }.ifEmpty { "0" })
        }
        val incoming = File(root, INCOMING)
        try {
            incoming.deleteRecursively()
            if (!incoming.mkdirs()) throw IOException("$incoming cannot be created")
            val text = manifests.single().open().use(::readManifest)
            val manifest = parseManifest(text)
            val (wanted, free) = manifest.file.sizeBytes to root.usableSpace
            if (wanted > free) throw Refusal(Problem.SPACE, "$wanted", "$free")
            val file = File(incoming, manifest.file.name)
            File(file.path + MANIFEST_SUFFIX).writeText(text)
            files.single().open().use { from -> file.outputStream().use { from.copyTo(it) } }
            readArtifact(file)
            val folder = folderOf(manifest.file)
            folder.deleteRecursively()
            if (!incoming.renameTo(folder)) throw IOException("$folder cannot be created")
            return File(folder, manifest.file.name)
        } catch (error: IOException) {
            throw Refusal(Problem.ARTIFACT_MISSING, files.single().name, error.message.orEmpty(), error)
        } catch (error: SecurityException) { // the owner of the file has withdrawn access
            throw Refusal(Problem.ARTIFACT_MISSING, files.single().name, error.message.orEmpty(), error)
        } finally {
            incoming.deleteRecursively()
        }
    }

    /** Deletes the copy of [file] with its folder. */
    fun remove(file: File) {
        file.parentFile?.takeIf { it.parentFile == root }?.deleteRecursively()
    }

    /** The stored copy of the artifact [file]; null if there is none. */
    fun find(file: FileSpec): File? = File(folderOf(file), file.name).takeIf(File::isFile)

    private fun folderOf(file: FileSpec) = File(root, file.sha256.take(DIGITS))

    private companion object {
        const val INCOMING = ".incoming"
        const val DIGITS = 16
    }
}
