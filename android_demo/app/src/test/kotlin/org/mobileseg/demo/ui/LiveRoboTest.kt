package org.mobileseg.demo.ui

import android.view.MotionEvent
import android.widget.SeekBar
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.image.dominantClasses
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowAlertDialog

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
    fun `threads can be chosen, and the model is described`() =
        live("int8.onnx") {
            click(R.id.threads)
            shadowOf(ShadowAlertDialog.getLatestAlertDialog()).clickOnItem(0)
            settle()
            push(0)
            assertTrue(figures, "1 thread ·" in figures)
            click(R.id.about_file)
            val about = shadowOf(ShadowAlertDialog.getLatestAlertDialog()).message.toString()
            for (fact in
                listOf(
                    "seaformer-tiny",
                    "192x256",
                    "logits, 11 classes",
                    "CamVid",
                    session.pipeline!!.manifests[0].file.sha256,
                )) {
                assertTrue(about, fact in about)
            }
        }

    @Test
    fun `untrained weights are reported`() =
        live("topformer.onnx") {
            push(0)
            assertTrue(figures, "RANDOM WEIGHTS" in figures)
        }
}
