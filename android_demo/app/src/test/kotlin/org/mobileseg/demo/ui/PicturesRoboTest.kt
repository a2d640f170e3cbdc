package org.mobileseg.demo.ui

import android.app.Activity
import android.content.Intent
import android.net.Uri
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.FileNotFoundException
import javax.imageio.ImageIO
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.R
import org.mobileseg.demo.camera.PushedImageReader
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowToast

/** Pictures from storage, and to storage and other apps. */
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = PHONE, shadows = [PushedImageReader::class])
class PicturesRoboTest {
    @Test
    fun `a file that is no picture is reported`() =
        live("int8.onnx") {
            click(R.id.open_picture)
            val started = shadowOf(activity).nextStartedActivityForResult
            give(started.intent, File(Fixtures.folder, "int8.onnx.json"))
            assertEquals("The picture cannot be opened", notice)
        }

    @Test
    fun `a picture is saved where the user chose, and shared read-only`() =
        live("int8.onnx") {
            click(R.id.save)
            assertEquals(activity.getString(R.string.nothing_to_keep), ShadowToast.getTextOfLatestToast())
            push(0)
            click(R.id.save)
            val place = Uri.parse("content://storage/kept.png")
            val kept = ByteArrayOutputStream()
            shadowOf(activity.contentResolver).registerOutputStream(place, kept)
            val asked = shadowOf(activity).nextStartedActivityForResult.intent
            shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, Intent().setData(place))
            settle()
            assertEquals("Saved", ShadowToast.getTextOfLatestToast())
            val picture = ImageIO.read(kept.toByteArray().inputStream())
            assertEquals(512 to 384, picture.width to picture.height)
            click(R.id.share)
            val chooser = shadowOf(activity).nextStartedActivity
            val sent = chooser.getParcelableExtra(Intent.EXTRA_INTENT, Intent::class.java)!!
            assertEquals(Kept.PICTURE.uri, sent.getParcelableExtra(Intent.EXTRA_STREAM, Uri::class.java))
            assertTrue(sent.flags and Intent.FLAG_GRANT_READ_URI_PERMISSION != 0)
            val provider = Robolectric.setupContentProvider(SharedFileProvider::class.java)
            assertTrue(provider.openFile(Kept.PICTURE.uri, "r").use { it.statSize } > 1000)
            assertThrows(FileNotFoundException::class.java) { provider.openFile(Kept.PICTURE.uri, "rw") }
            assertThrows(FileNotFoundException::class.java) {
                provider.openFile(Uri.parse("content://other/../secret"), "r")
            }
        }
}
