package org.mobileseg.demo.ui

import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import java.io.File
import java.io.FileNotFoundException

/** Gives the app that the user chose read-only access to the one shared picture. */
class SharedPictureProvider : ContentProvider() {
    override fun onCreate(): Boolean = true

    override fun getType(uri: Uri): String = "image/png"

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor {
        if (uri != URI || mode != "r") throw FileNotFoundException("$uri, $mode")
        return ParcelFileDescriptor.open(file(), ParcelFileDescriptor.MODE_READ_ONLY)
    }

    override fun query(
        uri: Uri,
        columns: Array<String>?,
        selection: String?,
        arguments: Array<String>?,
        order: String?,
    ): Cursor {
        val names = columns ?: arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE)
        val values = names.map { column ->
            when (column) {
                OpenableColumns.DISPLAY_NAME -> FILE
                OpenableColumns.SIZE -> file().length()
                else -> null
            }
        }
        return MatrixCursor(names).apply { addRow(values) }
    }

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun delete(uri: Uri, selection: String?, arguments: Array<String>?): Int = 0

    override fun update(uri: Uri, values: ContentValues?, selection: String?, arguments: Array<String>?): Int = 0

    private fun file(): File {
        val home: Context = context ?: throw FileNotFoundException("not started")
        return File(home.cacheDir, "$FOLDER/$FILE")
    }

    companion object {
        const val FOLDER: String = "shared"
        const val FILE: String = "mobileseg.png"

        /** The manifest names the same authority. */
        val URI: Uri = Uri.parse("content://org.mobileseg.demo.pictures/$FILE")
    }
}
