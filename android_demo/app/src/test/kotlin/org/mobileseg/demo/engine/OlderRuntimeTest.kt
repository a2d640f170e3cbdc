package org.mobileseg.demo.engine

import java.io.File
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Test
import org.mobileseg.demo.Fixtures
import org.mobileseg.demo.Picture

/** Gradle takes ExecuTorch 1.4.0, the exporter is 1.5.1: its files give the same classes in a runtime of 1.4. */
class OlderRuntimeTest {
    private val host: String = System.getProperty("executorch.host")

    @After
    fun newRuntime() {
        System.setProperty("executorch.host", host)
    }

    @Test
    fun `exported files run in the older runtime`() {
        System.setProperty("executorch.host", "$host --packages ${File(Fixtures.folder, "executorch").absolutePath}")
        for (name in listOf("float32.pte", "int8.pte", "mask.pte")) {
            Fixtures.artifact(name)
                .run { Segmenter.open(file, manifest, threads = 1) }
                .use { segmenter ->
                    val picture = Picture.read(Fixtures.street(1))
                    segmenter.input.fill(picture.argb, picture.size)
                    segmenter.infer()
                    val map = ByteArray(manifestArea(segmenter)).also(segmenter::classify)
                    assertArrayEquals(name, Fixtures.classes(name, 1), map)
                }
        }
    }

    private fun manifestArea(segmenter: Segmenter): Int = segmenter.manifest.input.size.area
}
