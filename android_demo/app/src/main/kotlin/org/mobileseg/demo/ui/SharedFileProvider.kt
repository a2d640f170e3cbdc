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

/** What can be saved and shared; [file]: its name. */
enum class Kept(val file: String, val type: String) {
    PICTURE("mobileseg.png", "image/png"),
    RECORDING("mobileseg.mp4", "video/mp4"),
    REPORT("mobileseg.json", "application/json");

    /** The manifest names the same authority. */
    val uri: Uri
        get() = Uri.parse("content://org.mobileseg.demo.shared/$file")

    /** Where it is before it is handed on. */
    fun at(context: Context): File = File(context.cacheDir, "shared/$file")
}

/** Gives the app that the user chose read-only access to what is shared. */
class SharedFileProvider : ContentProvider() {
    override fun onCreate(): Boolean = true

    override fun getType(uri: Uri): String? = find(uri)?.type

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor {
        val kept = find(uri)
        if (kept == null || mode != "r") throw FileNotFoundException("$uri, $mode")
        return ParcelFileDescriptor.open(file(kept), ParcelFileDescriptor.MODE_READ_ONLY)
    }

    override fun query(
        uri: Uri,
        columns: Array<String>?,
        selection: String?,
        arguments: Array<String>?,
        order: String?,
    ): Cursor {
        val kept = find(uri)
        val names = columns ?: arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE)
        val values = names.map { column ->
            when (column) {
                OpenableColumns.DISPLAY_NAME -> kept?.file
                OpenableColumns.SIZE -> kept?.let { file(it).length() }
                else -> null
            }
        }
        return MatrixCursor(names).apply { addRow(values) }
    }

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun delete(uri: Uri, selection: String?, arguments: Array<String>?): Int = 0

    override fun update(uri: Uri, values: ContentValues?, selection: String?, arguments: Array<String>?): Int = 0

    private fun find(uri: Uri): Kept? = Kept.entries.find { it.uri == uri }

    private fun file(kept: Kept): File = kept.at(context ?: throw FileNotFoundException("not started"))
}
