package org.mobileseg.demo.artifact

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.security.MessageDigest
import org.mobileseg.demo.manifest.ArtifactManifest
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.parseManifest

/** A file with its manifest. */
class Artifact(val file: File, val manifest: ArtifactManifest)

/** `tiny.pte` -> `tiny.pte.json`. */
const val MANIFEST_SUFFIX: String = ".json"

/** Reads [file] and the manifest beside it, and checks the sha256. Throws [Refusal]. */
fun readArtifact(file: File): Artifact {
    val beside = File(file.path + MANIFEST_SUFFIX)
    if (!file.isFile) throw Refusal(Problem.ARTIFACT_MISSING, file.name, file.parent.orEmpty())
    if (!beside.isFile) throw Refusal(Problem.MANIFEST_MISSING, beside.name, file.name)
    val manifest = parseManifest(readText(beside))
    val found =
        try {
            sha256(file)
        } catch (error: IOException) {
            throw Refusal(Problem.ARTIFACT_MISSING, manifest.file.name, error.message.orEmpty(), error)
        }
    if (found != manifest.file.sha256) throw Refusal(Problem.CHECKSUM, manifest.file.sha256, found)
    return Artifact(file, manifest)
}

/** Lower-case hexadecimal digits. */
fun sha256(file: File): String {
    val digest = MessageDigest.getInstance("SHA-256")
    val chunk = ByteArray(CHUNK)
    file.inputStream().use { stream ->
        while (true) {
            val count = stream.read(chunk)
            if (count < 0) break
            digest.update(chunk, 0, count)
        }
    }
    return digest.digest().joinToString("") { "%02x".format(it) }
}

private fun readText(manifest: File): String =
    try {
        manifest.inputStream().use(::readManifest)
    } catch (error: IOException) {
        throw Refusal(Problem.MANIFEST_UNREADABLE, manifest.name, error.message.orEmpty(), error)
    }

/** Reads a manifest's text. Throws [Refusal] if it is too long, [IOException]. */
internal fun readManifest(stream: InputStream): String {
    val bytes = ByteArrayOutputStream()
    val chunk = ByteArray(CHUNK)
    while (true) {
        val count = stream.read(chunk)
        if (count < 0) return bytes.toByteArray().decodeToString()
        bytes.write(chunk, 0, count)
        if (bytes.size() > LONGEST_MANIFEST)
            throw Refusal(Problem.MANIFEST_UNREADABLE, "at most $LONGEST_MANIFEST bytes", "more")
    }
}

private const val CHUNK = 1 shl 16
private const val LONGEST_MANIFEST = 4 shl 20
