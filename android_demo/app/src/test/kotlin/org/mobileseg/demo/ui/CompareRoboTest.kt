package org.mobileseg.demo.ui

import android.app.AlertDialog
import android.view.MotionEvent
import android.view.accessibility.AccessibilityNodeInfo
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
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
