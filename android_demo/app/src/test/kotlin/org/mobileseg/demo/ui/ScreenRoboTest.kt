package org.mobileseg.demo.ui

import android.graphics.Bitmap
import android.graphics.Color
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
            stage.push(1)
            stage.draw("phone-german-large")
            val figures = stage.activity.findViewById<TextView>(R.id.figures)!!
            assertTrue(figures.text.toString(), "Wärme: keine" in figures.text && "Modell" in figures.text)
            // All of it is there: the view is as high as its lines.
            assertTrue(figures.height >= figures.layout.height)
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
            assertEquals("This model is not used", stage.notice)
        }

    private fun compared(name: String): Bitmap =
        stage("float32.onnx", "int8.onnx").use { stage ->
            stage.push(0)
            val view = stage.activity.findViewById<SegmentationView>(R.id.picture)!!
            val picture = stage.draw(name)
            assertTrue("the picture is drawn", colours(picture) > 2000)
            assertTrue(view.width > 0 && view.height > 0)
            picture
        }

    private fun stage(vararg names: String): Stage =
        Stage().apply {
            choose(*names)
            allowCamera()
            start()
        }

    private fun pixels(picture: Bitmap): IntArray =
        IntArray(picture.width * picture.height).also {
            picture.getPixels(it, 0, picture.width, 0, 0, picture.width, picture.height)
        }

    private fun colours(picture: Bitmap): Int = pixels(picture).toSet().size

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
}
