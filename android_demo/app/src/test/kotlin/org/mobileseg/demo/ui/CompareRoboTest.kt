package org.mobileseg.demo.ui

import android.app.AlertDialog
import android.view.MotionEvent
import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import java.text.NumberFormat
import java.util.Locale
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.mobileseg.demo.pipeline.Stage as FrameStage
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowAlertDialog

/** Two models over the same frame. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = PHONE, shadows = [PushedImageReader::class])
class CompareRoboTest {
    @Test
    fun `two models with a divider on the same frame`() =
        live("float32.onnx", "int8.onnx") {
            push(0)
            val figures = figures
            assertTrue(
                figures,
                "left: float32" in figures && "right: int8" in figures && "agreement: 9" in figures,
            )
            val view = picture
            touch(MotionEvent.ACTION_DOWN, 0.5f)
            touch(MotionEvent.ACTION_MOVE, 0.2f)
            touch(MotionEvent.ACTION_UP, 0.2f)
            assertEquals(0.2f, view.divider, 0.01f)
            assertTrue(
                view.performAccessibilityAction(
                    AccessibilityNodeInfo.ACTION_SCROLL_FORWARD,
                    null,
                )
            )
            assertEquals(0.3f, view.divider, 0.01f)
            assertTrue(view.contentDescription.toString(), "30%" in view.contentDescription)
            assertNotNull(view.capture())
        }

    @Test
    fun `every number on the screen is the pipeline's`() =
        live("float32.onnx", "int8.onnx") {
            repeat(4) { push(it % 2) }
            val pipeline = session.pipeline!!
            val scene = pipeline.scenes.take()
            fun shown(share: Double) = "%.1f%%".format(Locale.ROOT, 100 * share)
            val flips = pipeline.flips.joinToString(" | ") { shown(it.median()) }
            val numbers = mutableListOf("flips: $flips", "agreement: ${shown(scene.agreement.toDouble())}")
            for (watch in pipeline.stopwatches) for (stage in FrameStage.entries) {
                val (median, p90) = watch.latency(stage)
                numbers += "%.1f ms\np90 %.1f".format(Locale.ROOT, median, p90)
            }
            val rate = pipeline.rate.perSecond()
            numbers +=
                NumberFormat.getNumberInstance(Locale.ENGLISH).run {
                    minimumFractionDigits = 1
                    maximumFractionDigits = 1
                    "${format(rate)} frames/s"
                }
            for (number in numbers) assertTrue("$number in $figures", number in figures)
            for (row in legend().filter { it.visibility == View.VISIBLE }) {
                val (name, shares) = Regex("(.+?) ([<0-9].*)").matchEntire(row.text)!!.destructured
                val number = scene.layers[0].manifest.output.classes.indexOf(name)
                val wanted = scene.layers.map { it.share(number) }
                shares.split(" | ").zip(wanted) { words, share ->
                    if (words == "<1%") assertTrue(share in 0f..0.005f)
                    else assertEquals(100f * share, words.removeSuffix("%").toFloat(), 0.51f)
                }
            }
        }

    @Test
    fun `models of two runtimes are chosen and compared`() =
        live("int8.onnx") {
            click(R.id.choose_artifacts)
            val dialog = ShadowAlertDialog.getLatestAlertDialog()
            val names = List(dialog.listView.adapter.count) { dialog.listView.adapter.getItem(it).toString() }
            assertEquals(3, names.size)
            shadowOf(dialog).clickOnItem(names.indexOf("seaformer-tiny, float32, executorch"))
            dialog.getButton(AlertDialog.BUTTON_POSITIVE).performClick()
            settle()
            push(0)
            assertEquals(setOf("onnx", "executorch"), session.pipeline?.manifests?.map { it.target.id }?.toSet())
            assertTrue(figures, "agreement: 9" in figures)
        }

    @Test
    fun `models with different input sizes are not compared`() =
        live("int8.onnx", "topformer.onnx") {
            assertEquals("This model cannot be used", notice)
            assertTrue(text(R.id.notice_text), "192x256 (int8.onnx)" in text(R.id.notice_text))
            assertTrue(text(R.id.notice_text), "64x64 (topformer.onnx)" in text(R.id.notice_text))
        }

    @Test
    fun `each side is named after its own model`() =
        live("float32.onnx", "int8.onnx") {
            push(0)
            val layers = session.pipeline!!.scenes.take().layers
            for (i in 0 until 40) {
                val x = (i + 0.5f) / 40
                if (x in 0.4f..0.6f) continue // there the divider is dragged
                touch(MotionEvent.ACTION_DOWN, x, 0.45f)
                touch(MotionEvent.ACTION_UP, x, 0.45f)
                val layer = layers[if (x < 0.5f) 0 else 1]
                assertEquals(layer.manifest.output.classes[layer.classAt(x, 0.45f)], picture.named)
            }
        }
}
