package org.mobileseg.demo.ui

import android.app.Activity
import android.content.Intent
import android.graphics.Bitmap
import android.net.Uri
import android.widget.Toast
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.io.OutputStream
import org.mobileseg.demo.R

/**
 * Opens pictures from storage, saves them and shares them with other apps, without permissions. Files are read and
 * written on the model's thread.
 */
internal class PictureDesk(
    private val activity: Activity,
    private val retained: Retained,
    private val onStill: (StillPicture) -> Unit,
    private val onUnreadable: (String) -> Unit,
) {
    private var toSave: Bitmap? = null

    fun open() {
        val intent = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*")
        activity.startActivityForResult(intent, OPEN)
    }

    fun onOpened(uri: Uri) {
        val resolver = activity.contentResolver
        retained.model.post {
            try {
                val picture = readPicture {
                    resolver.openInputStream(uri) ?: throw FileNotFoundException(uri.toString())
                }
                activity.runOnUiThread { onStill(picture) }
            } catch (error: IOException) {
                activity.runOnUiThread { onUnreadable(error.message.orEmpty()) }
            } catch (error: SecurityException) { // the permission to read it has ended
                activity.runOnUiThread { onUnreadable(error.message.orEmpty()) }
            } catch (_: OutOfMemoryError) {
                activity.runOnUiThread { onUnreadable(activity.getString(R.string.memory_found, uri.lastPathSegment)) }
            }
        }
    }

    /** Asks where to save the picture. */
    fun save(picture: Bitmap) {
        toSave = picture
        val intent = Intent(Intent.ACTION_CREATE_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType(PNG)
        activity.startActivityForResult(intent.putExtra(Intent.EXTRA_TITLE, "mobileseg.png"), SAVE)
    }

    fun onPlaceChosen(uri: Uri) {
        val picture = toSave ?: return
        toSave = null
        val resolver = activity.contentResolver
        retained.model.post {
            try {
                val stream = resolver.openOutputStream(uri) ?: throw FileNotFoundException(uri.toString())
                stream.use { write(picture, it) }
                say(activity.getString(R.string.picture_saved))
            } catch (error: IOException) {
                say(activity.getString(R.string.picture_not_saved, error.message))
            } catch (error: SecurityException) { // the permission to write it has ended
                say(activity.getString(R.string.picture_not_saved, error.message))
            }
        }
    }

    fun share(picture: Bitmap) {
        val file = File(activity.cacheDir, "${SharedPictureProvider.FOLDER}/${SharedPictureProvider.FILE}")
        retained.model.post {
            try {
                file.parentFile?.mkdirs()
                file.outputStream().use { write(picture, it) }
                activity.runOnUiThread { send() }
            } catch (error: IOException) {
                say(activity.getString(R.string.picture_not_saved, error.message))
            }
        }
    }

    private fun send() {
        val intent = Intent(Intent.ACTION_SEND).setType(PNG).putExtra(Intent.EXTRA_STREAM, SharedPictureProvider.URI)
        intent.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        activity.startActivity(Intent.createChooser(intent, activity.getString(R.string.share)))
    }

    private fun write(picture: Bitmap, stream: OutputStream) {
        if (!picture.compress(Bitmap.CompressFormat.PNG, 100, stream)) throw IOException("PNG")
    }

    private fun say(words: String) = activity.runOnUiThread {
        Toast.makeText(activity, words, Toast.LENGTH_LONG).show()
    }

    companion object {
        const val OPEN: Int = 3
        const val SAVE: Int = 4
        private const val PNG = "image/png"
    }
}
