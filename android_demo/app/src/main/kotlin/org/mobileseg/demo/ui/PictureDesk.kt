package org.mobileseg.demo.ui

import android.app.Activity
import android.content.Intent
import android.net.Uri
import java.io.FileNotFoundException
import java.io.IOException
import org.mobileseg.demo.R

/** Opens pictures from storage, without permissions. Files are read on the model's thread. */
internal class PictureDesk(
    private val activity: Activity,
    private val retained: Retained,
    private val onStill: (StillPicture) -> Unit,
    private val onUnreadable: (String) -> Unit,
) {
    fun open() {
        val intent = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*")
        activity.startActivityForResult(intent, REQUEST)
    }

    fun onOpened(uri: Uri) {
        val resolver = activity.contentResolver
        retained.model.post {
            try {
                val picture = readPicture {
                    resolver.openInputStream(uri) ?: throw FileNotFoundException(uri.toString())
                }
                activity.runOnUiThread { onStill(StillPicture(picture.argb, picture.size, uri.toString())) }
            } catch (error: IOException) {
                activity.runOnUiThread { onUnreadable(error.message.orEmpty()) }
            } catch (error: SecurityException) { // the permission to read it has ended
                activity.runOnUiThread { onUnreadable(error.message.orEmpty()) }
            } catch (_: OutOfMemoryError) {
                activity.runOnUiThread { onUnreadable(activity.getString(R.string.memory_found, uri.lastPathSegment)) }
            }
        }
    }

    companion object {
        const val REQUEST: Int = 3
    }
}
