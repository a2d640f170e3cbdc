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
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

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
            val width = text.width - text.totalPaddingLeft - text.totalPaddingRight
            for (line in 0 until text.lineCount) {
                assertTrue("${text.text}", text.layout.getLineWidth(line) <= width + 1)
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
