package org.mobileseg.demo.ui

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.widget.Toast
import java.io.FileNotFoundException
import java.io.IOException
import java.io.OutputStream
import org.mobileseg.demo.R

/** Saves where the user chooses, and shares with other apps, without permissions. Writes on the model's thread. */
internal class KeepDesk(private val activity: Activity, private val retained: Retained) {
    private var toSave: ((OutputStream) -> Unit)? = null

    /** Asks where to save what [write] writes, which may throw [IOException]. */
    fun save(kept: Kept, write: (OutputStream) -> Unit) {
        toSave = write
        val intent = Intent(Intent.ACTION_CREATE_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType(kept.type)
        activity.startActivityForResult(intent.putExtra(Intent.EXTRA_TITLE, kept.file), REQUEST)
    }

    fun onPlaceChosen(uri: Uri) {
        val write = toSave ?: return
        toSave = null
        val resolver = activity.contentResolver
        writing {
            val stream = resolver.openOutputStream(uri) ?: throw FileNotFoundException(uri.toString())
            stream.use(write)
            say(activity.getString(R.string.picture_saved))
        }
    }

    /** Offers what [write] writes to other apps. */
    fun share(kept: Kept, write: (OutputStream) -> Unit) {
        val file = kept.at(activity)
        writing {
            file.parentFile?.mkdirs()
            file.outputStream().use(write)
            activity.runOnUiThread { send(kept) }
        }
    }

    private fun writing(action: () -> Unit) {
        retained.model.post {
            try {
                action()
            } catch (error: IOException) {
                say(activity.getString(R.string.picture_not_saved, error.message))
            } catch (error: SecurityException) { // the permission to write it has ended
                say(activity.getString(R.string.picture_not_saved, error.message))
            }
        }
    }

    private fun send(kept: Kept) {
        val intent = Intent(Intent.ACTION_SEND).setType(kept.type).putExtra(Intent.EXTRA_STREAM, kept.uri)
        intent.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        activity.startActivity(Intent.createChooser(intent, activity.getString(R.string.share)))
    }

    private fun say(words: String) = activity.runOnUiThread {
        Toast.makeText(activity, words, Toast.LENGTH_LONG).show()
    }

    companion object {
        const val REQUEST: Int = 4
    }
}
