package org.mobileseg.demo.ui

import android.graphics.Bitmap
import android.graphics.Color
import android.view.MotionEvent
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowAlertDialog

/** Screens drawn by Android's own graphics on this machine, kept in android_demo/target/screens to be looked at. */
@RunWith(RobolectricTestRunner::class)
@Config(shadows = [PushedImageReader::class])
class ScreenRoboTest {
    @Test
    @Config(qualifiers = "w411dp-h891dp-notnight-xhdpi")
    fun `phone, light`() = assertTrue(brightness(compared("phone-light")) > 120)

    @Test
    @Config(qualifiers = "w411dp-h891dp-night-xhdpi")
    fun `phone, dark`() = assertTrue(brightness(compared("phone-dark")) < 90)

    @Test
    @Config(qualifiers = "w1024dp-h720dp-land-notnight-mdpi")
    fun `tablet, light`() = assertTrue(brightness(compared("tablet-light")) > 120)

    @Test
    @Config(qualifiers = "w1024dp-h720dp-land-night-mdpi")
    fun `tablet, dark`() = assertTrue(brightness(compared("tablet-dark")) < 90)

    @Test
    @Config(qualifiers = "de-rDE-w411dp-h891dp-notnight-xhdpi")
    fun `German, large letters`() {
        RuntimeEnvironment.setFontScale(1.5f)
        stage("int8.onnx").use { stage ->
            repeat(3) { stage.push(1) }
            stage.touch(MotionEvent.ACTION_DOWN, 0.99f, 0.01f) // a corner, where the word has the least room
            stage.draw("phone-german-large")
            assertTrue(stage.figures, "Wärme: keine" in stage.figures && "Modell" in stage.figures)
            stage.assertNothingIsCutOff()
        }
    }

    @Test
    @Config(qualifiers = "de-rDE-w411dp-h891dp-night-xhdpi")
    fun `German, dark, letters at 1,3`() {
        RuntimeEnvironment.setFontScale(1.3f)
        assertTrue(brightness(compared("phone-german-dark-1.3")) < 90)
    }

    @Test
    @Config(qualifiers = "de-rDE-w1024dp-h720dp-land-notnight-mdpi")
    fun `German tablet, letters at 1,3`() {
        RuntimeEnvironment.setFontScale(1.3f)
        assertTrue(brightness(compared("tablet-german-1.3")) > 120)
    }

    /** In a language that is written from right to left, of which the app has no words. */
    @Test
    @Config(qualifiers = "ar-rEG-ldrtl-w411dp-h891dp-notnight-xhdpi")
    fun `from right to left`() {
        RuntimeEnvironment.setFontScale(1.3f)
        stage("float32.onnx", "int8.onnx").use { stage ->
            repeat(3) { stage.push(0) }
            stage.draw("phone-right-to-left")
            stage.assertNothingIsCutOff()
            val row = stage.legend().first { it.visibility == View.VISIBLE }
            assertEquals(View.LAYOUT_DIRECTION_RTL, row.layoutDirection)
            assertTrue(row.compoundDrawables[2] != null && row.compoundDrawables[0] == null)
            assertTrue("the word is beside its colour", row.layout.getLineLeft(0) > row.layout.width / 3)
            val opacity = stage.activity.findViewById<View>(R.id.opacity)!!
            assertTrue("the word is at the right of its slider", opacity.left < stage.picture.width / 4)
        }
    }

    @Test @Config(qualifiers = "w411dp-h891dp-notnight-xhdpi") fun `the model card`() = card("card-phone-light")

    @Test
    @Config(qualifiers = "de-rDE-w640dp-h360dp-land-night-hdpi")
    fun `the model card, German, dark, a small phone lying`() {
        RuntimeEnvironment.setFontScale(1.3f)
        card("card-small-german-dark")
    }

    private fun card(name: String): Unit =
        stage("float32.onnx", "int8.onnx").use { stage ->
            stage.click(R.id.card)
            val intent = shadowOf(stage.activity).nextStartedActivity
            val controller = Robolectric.buildActivity(CardActivity::class.java, intent).setup()
            draw(controller.get().window.decorView, name)
            assertTrue("both cards", "float32.onnx" in stage.words(controller.get().window.decorView))
            controller.pause().stop().destroy()
        }

    @Test
    @Config(qualifiers = "de-rDE-w411dp-h891dp-night-xhdpi")
    fun `a slider's dialog, and that of the models, at 1,3`(): Unit =
        stage("int8.onnx").use { stage ->
            RuntimeEnvironment.setFontScale(1.3f)
            stage.push(0)
            stage.click(R.id.choose_artifacts)
            draw(dialog(), "models-german-dark-1.3")
            assertNoWordIsTorn(texts(dialog()))
            ShadowAlertDialog.getLatestAlertDialog().dismiss()
            stage.legend().first { it.visibility == View.VISIBLE }.performLongClick()
            stage.settle()
            val words = stage.words(dialog())
            assertTrue(words, "Kleine Bereiche ausblenden" in words)
            draw(dialog(), "slider-german-dark-1.3")
            assertNoWordIsTorn(texts(dialog()))
            stage.slide(4)
            stage.push(0)
            stage.draw("phone-regions-hidden")
            assertTrue(stage.session.pipeline!!.least.any { it > 0 })
        }

    @Test
    @Config(qualifiers = "w640dp-h360dp-land-notnight-hdpi")
    fun `a small phone lying, two models, the largest letters`() {
        RuntimeEnvironment.setFontScale(2f)
        stage("float32.onnx", "int8.pte").use { stage ->
            repeat(3) { stage.push(0) }
            stage.draw("small-largest")
            stage.assertNothingIsCutOff()
        }
    }

    @Test
    @Config(qualifiers = "w411dp-h891dp-night-xhdpi")
    fun `a refusal`() =
        Stage().use { stage ->
            stage.choose("int8.onnx").single().appendBytes(byteArrayOf(0))
            stage.allowCamera()
            stage.start()
            stage.draw("refused-dark")
            assertEquals("This model cannot be used", stage.notice)
        }

    private fun dialog(): View = ShadowAlertDialog.getLatestAlertDialog().window!!.decorView

    private fun compared(name: String): Bitmap =
        stage("float32.onnx", "int8.onnx").use { stage ->
            repeat(3) { stage.push(0) }
            val picture = stage.draw(name)
            assertTrue("the picture is drawn", pixels(picture).toSet().size > 2000)
            stage.assertNothingIsCutOff()
            stage.assertReadable()
            picture
        }

    /** Every text has the room that its lines want, and no word is torn. */
    private fun Stage.assertNothingIsCutOff() {
        val texts = texts(activity.findViewById(R.id.panel)!!)
        assertTrue(texts.size > 6)
        for (text in texts.filter { it.visibility == View.VISIBLE && it.text.isNotEmpty() }) {
            val room = text.height - text.totalPaddingTop - text.totalPaddingBottom
            assertTrue("${text.text}: $room", room >= text.layout.height)
        }
        assertNoWordIsTorn(texts)
    }

    private fun assertNoWordIsTorn(texts: List<TextView>) {
        for (text in texts.filter { it.visibility == View.VISIBLE && it.layout != null }) {
            val width = text.width - text.totalPaddingLeft - text.totalPaddingRight
            for (line in 0 until text.lineCount) {
                // Without the space at the line's end, which may hang over and is not seen.
                assertTrue("${text.text}: line $line", text.layout.getLineMax(line) <= width + 1)
                assertEquals("${text.text}", 0, text.layout.getEllipsisCount(line))
                val start = text.layout.getLineStart(line)
                assertTrue("a word of ${text.text} is torn", start == 0 || text.text[start - 1].isWhitespace())
            }
        }
    }

    private fun texts(view: View): List<TextView> =
        when (view) {
            is TextView -> listOf(view)
            is ViewGroup -> List(view.childCount) { texts(view.getChildAt(it)) }.flatten()
            else -> emptyList()
        }

    /** WCAG 2.1, 1.4.3: 4.5 to 1, for words on the panel's ground and on a chosen row's. */
    private fun Stage.assertReadable() {
        val colours = activity.obtainStyledAttributes(intArrayOf(android.R.attr.colorBackground))
        val grounds = listOf(colours.getColor(0, 0), activity.getColor(R.color.chosen))
        colours.recycle()
        for (ground in grounds) for (text in texts(activity.findViewById(R.id.panel)!!)) {
            val contrast = contrast(over(text.currentTextColor, ground), ground)
            assertTrue("${text.text}: $contrast", contrast >= 4.5)
        }
    }

    private fun stage(vararg names: String): Stage =
        Stage().apply {
            choose(*names)
            allowCamera()
            start()
        }

    /** Mean of the lower right corner, where the legend's ground is: 0 to 255. */
    private fun brightness(picture: Bitmap): Double {
        val corner =
            Bitmap.createBitmap(
                picture,
                picture.width * 3 / 4,
                picture.height * 3 / 4,
                picture.width / 4,
                picture.height / 4,
            )
        return pixels(corner).map { (Color.red(it) + Color.green(it) + Color.blue(it)) / 3 }.average()
    }

    /** A colour that lets some of [ground] through. */
    private fun over(colour: Int, ground: Int): Int {
        val share = Color.alpha(colour) / 255f
        val mix = { part: (Int) -> Int -> (part(colour) * share + part(ground) * (1 - share)).toInt() }
        return Color.rgb(mix(Color::red), mix(Color::green), mix(Color::blue))
    }

    private fun contrast(one: Int, other: Int): Double {
        val (dark, light) = listOf(Color.luminance(one).toDouble(), Color.luminance(other).toDouble()).sorted()
        return (light + 0.05) / (dark + 0.05)
    }
}
