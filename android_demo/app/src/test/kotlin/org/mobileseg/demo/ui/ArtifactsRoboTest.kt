package org.mobileseg.demo.ui

import android.content.Intent
import android.widget.TextView
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Refusal
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** Models that came with the app, that are opened, and that are refused. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = PHONE, shadows = [PushedImageReader::class])
class ArtifactsRoboTest {
    @Test
    fun `bundled models are loaded without a choice`() =
        Stage().use { stage ->
            stage.allowCamera()
            stage.start()
            assertNull(stage.notice)
            val manifest = stage.session.pipeline?.manifests?.single()
            assertEquals("int8.pte", manifest?.file?.name)
            stage.push(0)
            assertTrue(stage.figures, "ExecuTorch" in stage.figures)
            assertEquals(2, stage.activity.retained.store.list().size)
        }

    @Test
    fun `two files from storage`() =
        live("int8.onnx") {
            artifacts().pick()
            val started = shadowOf(activity).nextStartedActivityForResult
            assertTrue(started.intent.getBooleanExtra(Intent.EXTRA_ALLOW_MULTIPLE, false))
            give(started.intent, File(Fixtures.folder, "float32.onnx.json"), File(Fixtures.folder, "float32.onnx"))
            assertEquals("float32", session.pipeline?.manifests?.single()?.precision)
            artifacts().pick()
            give(shadowOf(activity).nextStartedActivityForResult.intent, File(Fixtures.folder, "float32.onnx"))
            assertEquals("This model cannot be used", notice)
            assertTrue(text(R.id.notice_text), "Select both files together" in text(R.id.notice_text))
        }

    @Test
    fun `a changed artifact is refused with both checksums`() =
        Stage().use { stage ->
            val file = stage.choose("int8.onnx").single()
            stage.allowCamera()
            file.appendBytes(byteArrayOf(0))
            stage.start()
            assertEquals("This model cannot be used", stage.notice)
            val text = stage.text(R.id.notice_text)
            assertTrue(
                text,
                Regex("(?s)Expected: The sha256 in the manifest, [0-9a-f]{64}.*Found: [0-9a-f]{64}.*Fix: .+")
                    .containsMatchIn(text),
            )
        }

    @Test
    fun `any exported file is opened and shown`() {
        for (name in Fixtures.FILES) live(name) {
            assertNull(name, notice)
            push(0)
            assertEquals(name, 1L, session.pipeline!!.scenes.take().frame)
            assertTrue(name, legend().any { it.visibility == TextView.VISIBLE })
        }
    }

    /** As on a 32-bit phone, for which ExecuTorch has no library. */
    @Test
    fun `a file whose runtime has no library is refused in words, and an ONNX file runs`() {
        val host = System.clearProperty("executorch.host")
        try {
            live("int8.pte") {
                assertEquals("This model cannot be used", notice)
                val text = text(R.id.notice_text)
                assertTrue(text, System.getProperty("os.arch") in text && "libexecutorch.so" in text)
                assertTrue(text, "32-bit devices run ONNX files alone" in text)
            }
            live("int8.onnx") { assertNull(notice) }
        } finally {
            System.setProperty("executorch.host", host)
        }
    }

    @Test
    fun `every refusal has a notice in both languages`() {
        for (language in listOf("en", "de")) {
            RuntimeEnvironment.setQualifiers("+$language")
            val resources = RuntimeEnvironment.getApplication().resources
            val texts = Problem.entries.map { problem -> noticeOf(resources, Refusal(problem, "WANTED", "THERE")).text }
            assertEquals(Problem.entries.size, texts.toSet().size)
            for (text in texts) {
                val parts = text.split("\n\n")
                assertEquals(text, 3, parts.size)
                assertTrue(text, "WANTED" in parts[0] || "THERE" in parts[1])
            }
        }
    }
}
