package org.mobileseg.demo.ui

import android.content.Intent
import android.net.Uri
import android.os.Looper
import android.view.MotionEvent
import android.widget.SeekBar
import android.widget.TextView
import java.time.Duration
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.image.dominantClasses
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** The live screen with one model. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = PHONE, shadows = [PushedImageReader::class])
class LiveRoboTest {
    @Test
    fun `frames reach the screen with figures and legend`() =
        live("int8.onnx") {
            assertNull(notice)
            val image = push(0)
            assertEquals(1, image.closes)
            val figures = figures
            assertTrue(
                figures,
                "int8" in figures && "ONNX Runtime" in figures && "2 threads" in figures && "thermal: none" in figures,
            )
            val layer = session.pipeline!!.scenes.take().layers.single()
            val most = layer.manifest.output.classes[dominantClasses(layer.counts).first()]
            assertTrue(picture.contentDescription.toString(), most in picture.contentDescription)
            val rows = legend().filter { it.visibility == TextView.VISIBLE }
            assertTrue(rows.size > 2 && rows.all { Regex(".+ <?[0-9]+%").matches(it.text) })
        }

    @Test
    fun `one class shown, then all again`() =
        live("int8.onnx") {
            push(0)
            val layer = session.pipeline!!.scenes.take().layers.single()
            val number = dominantClasses(layer.counts).first()
            val row = legend().first { it.text.startsWith(layer.manifest.output.classes[number]) }
            row.performClick()
            settle()
            assertEquals(number, session.pipeline?.only)
            assertTrue(row.isActivated && "only this class" in row.contentDescription)
            row.performClick()
            settle()
            assertEquals(-1, session.pipeline?.only)
            assertFalse(row.isActivated)
        }

    @Test
    fun `the class under a touch is named`() =
        live("int8.onnx") {
            push(0)
            assertNull(picture.named)
            for (place in listOf(0.1f to 0.1f, 0.5f to 0.9f, 0.95f to 0.6f)) {
                touch(MotionEvent.ACTION_DOWN, place.first, place.second)
                touch(MotionEvent.ACTION_UP, place.first, place.second)
                val layer = session.pipeline!!.scenes.take().layers.single()
                val number = layer.classAt(place.first, place.second)
                assertEquals(layer.manifest.output.classes[number], picture.named)
                assertEquals("screen readers are told", picture.named, picture.contentDescription)
            }
        }

    @Test
    fun `colours are drawn unfiltered with the chosen opacity`() =
        live("int8.onnx") {
            push(0)
            val opacity = activity.findViewById<SeekBar>(R.id.opacity)!!
            val palette = session.pipeline!!.manifests.single().output.palette.map { it or (0xFF shl 24) }
            opacity.progress = 100
            assertTrue(palette.containsAll(pixels(picture.capture()!!).toSet()))
            opacity.progress = 0
            assertTrue(pixels(picture.capture()!!).toSet().size > 1000)
        }

    @Test
    fun `freeze keeps the picture and releases the camera`() =
        live("int8.onnx") {
            push(0)
            val reader = PushedImageReader.last
            click(R.id.freeze)
            assertTrue(reader.closed && session.frozen)
            assertNull(notice)
            assertNotNull(picture.capture())
            click(R.id.freeze)
            assertNotEquals(reader, PushedImageReader.last)
            push(1)
            assertEquals(2L, session.pipeline?.scenes?.take()?.frame)
        }

    @Test
    fun `threads are chosen with a slider`() =
        live("int8.onnx") {
            click(R.id.threads)
            slide(0)
            push(0)
            assertTrue(figures, "1 thread ·" in figures)
            assertEquals(1, session.threads)
        }

    @Test
    fun `small regions of a class are hidden after a long touch`() =
        live("int8.onnx") {
            push(0)
            val layer = session.pipeline!!.scenes.take().layers.single()
            val number = dominantClasses(layer.counts).last()
            val name = layer.manifest.output.classes[number]
            legend().first { it.text.startsWith(name) }.performLongClick()
            slide(8)
            assertEquals(0.05f, session.least(name), 0f)
            val least = session.pipeline!!.least
            assertEquals((0.05f * layer.size.area).toInt(), least[number])
            assertEquals(1, least.count { it > 0 })
        }

    @Test
    fun `the card says everything of the manifest, the licence first`() =
        live("int8.onnx") {
            click(R.id.card)
            val intent = shadowOf(activity).nextStartedActivity
            val card = Robolectric.buildActivity(CardActivity::class.java, intent).setup().get()
            val words = words(card.window.decorView)
            val manifest = JSONObject(Fixtures.manifestText("int8.onnx"))
            val licence = words.indexOf(manifest.getJSONObject("weights").getString("licence"))
            assertTrue(
                words,
                licence in 0 until words.indexOf("int8.onnx.json").let { if (it < 0) words.length else it },
            )
            assertTrue(licence < words.indexOf("schema_version"))
            for (key in manifest.keys()) {
                val section = manifest.optJSONObject(key)
                for (name in section?.keys()?.asSequence()?.toList() ?: listOf(key)) assertTrue(name, name in words)
            }
            assertTrue(session.pipeline!!.manifests[0].file.sha256 in words)
        }

    @Test
    fun `screen readers are told at most once a second`() =
        live("int8.onnx") {
            push(0)
            val told = mutableListOf(picture.contentDescription)
            repeat(10) {
                show(1 + it % 3)
                if (picture.contentDescription != told.last()) told += picture.contentDescription
                shadowOf(Looper.getMainLooper()).idleFor(Duration.ofMillis(250))
            }
            assertTrue("in 2.5 seconds: $told, ${session.pipeline?.scenes?.take()?.frame}", told.size in 3..4)
        }

    @Test
    fun `the report is shared as mobileseg reads it`() =
        live("float32.onnx", "int8.onnx") {
            push(0)
            push(1)
            click(R.id.share_report)
            val chooser = shadowOf(activity).nextStartedActivity
            val sent = chooser.getParcelableExtra(Intent.EXTRA_INTENT, Intent::class.java)!!
            assertEquals(Kept.REPORT.uri, sent.getParcelableExtra(Intent.EXTRA_STREAM, Uri::class.java))
            val json = JSONObject(Kept.REPORT.at(activity).readText())
            assertEquals("camera", json.getJSONObject("live").getString("kind"))
            assertEquals(2, json.getJSONArray("models").length())
            assertEquals(2, json.getJSONObject("agreement").getInt("count"))
        }

    @Test
    fun `untrained weights are reported`() =
        live("topformer.onnx") {
            push(0)
            assertTrue(figures, "RANDOM WEIGHTS" in figures)
        }
}
