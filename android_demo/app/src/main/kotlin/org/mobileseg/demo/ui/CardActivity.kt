package org.mobileseg.demo.ui

import android.app.Activity
import android.content.Context
import android.content.Intent
import android.os.Bundle
import android.view.MenuItem
import android.view.View
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView
import java.io.File
import java.io.IOException
import org.mobileseg.demo.R
import org.mobileseg.demo.artifact.MANIFEST_SUFFIX
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.manifest.cardOf

/** Everything that the manifests of the loaded files say, the licence first. */
class CardActivity : Activity() {
    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        actionBar?.setDisplayHomeAsUpEnabled(true)
        val margin = resources.getDimensionPixelSize(R.dimen.margin)
        val list =
            LinearLayout(this).apply {
                orientation = LinearLayout.VERTICAL
                setPadding(margin, margin, margin, margin)
            }
        val scroll = ScrollView(this).apply { addView(list) }
        keepClear(scroll)
        setContentView(scroll)
        for (path in intent.getStringArrayListExtra(FILES).orEmpty()) show(File(path), list)
    }

    override fun onOptionsItemSelected(item: MenuItem): Boolean {
        if (item.itemId != android.R.id.home) return super.onOptionsItemSelected(item)
        finish()
        return true
    }

    private fun show(file: File, list: LinearLayout) {
        list.addView(text(file.name, android.R.style.TextAppearance_Material_Title))
        try {
            for (section in cardOf(File(file.path + MANIFEST_SUFFIX).readText())) {
                val title = if (section.title.isEmpty()) getString(R.string.card_licence) else section.title
                list.addView(text(title, android.R.style.TextAppearance_Material_Subhead))
                for ((name, value) in section.facts) {
                    val words = if (name.isEmpty()) value else getString(R.string.card_fact, name, value)
                    list.addView(text(words, android.R.style.TextAppearance_Material_Body1))
                }
            }
        } catch (refusal: Refusal) {
            list.addView(text(noticeOf(resources, refusal).text, android.R.style.TextAppearance_Material_Body1))
        } catch (error: IOException) {
            list.addView(text(error.message.orEmpty(), android.R.style.TextAppearance_Material_Body1))
        }
    }

    private fun text(words: String, style: Int) =
        TextView(this).apply {
            setTextAppearance(style)
            text = words
            textAlignment = View.TEXT_ALIGNMENT_VIEW_START
            setTextIsSelectable(true)
            setPadding(0, resources.getDimensionPixelSize(R.dimen.gap), 0, 0)
        }

    companion object {
        private const val FILES = "files"

        fun intent(context: Context, files: List<File>): Intent =
            Intent(context, CardActivity::class.java)
                .putStringArrayListExtra(FILES, ArrayList(files.map(File::getPath)))
    }
}
