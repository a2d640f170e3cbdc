package org.mobileseg.demo

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.mobileseg.demo.artifact.Artifact
import org.mobileseg.demo.artifact.readArtifact
import org.mobileseg.demo.image.Yuv
import org.mobileseg.demo.manifest.Resize
import org.mobileseg.demo.manifest.Size

/** What tools/test_artifacts.py made: see there. */
object Fixtures {
    val folder = File(System.getProperty("artifacts"))

    /** Every bundled street image. */
    val IMAGES: Int = names(Regex("street-[0-9]+\\.png")).size

    /** Every exported file, of any family and size, and those of SIZE there, of which there are camera frames. */
    val FILES: List<String> = names(Regex(".*\\.(onnx|pte)"))
    val WITH_FRAMES: List<String> = FILES.filter { File(folder, "$it.street-0.yuv.classes").exists() }
    val FRAME = Size(360, 480)

    private fun names(pattern: Regex): List<String> = folder.list().orEmpty().filter(pattern::matches).sorted()

    fun artifact(name: String): Artifact = readArtifact(File(folder, name))

    fun manifestText(name: String): String = File(folder, "$name.json").readText()

    fun street(number: Int): File = File(folder, "street-$number.png")

    /** Python's class map of a street image. */
    fun classes(name: String, number: Int): ByteArray = File(folder, "$name.street-$number.classes").readBytes()

    /** A street image's window in 4:2:0. */
    fun frame(number: Int): Yuv = Yuv.read(File(folder, "street-$number.yuv"), FRAME)

    /** Python's class map of [frame], on a sensor turned by [number] quarters. */
    fun classesOfFrame(name: String, number: Int): ByteArray =
        File(folder, "$name.street-$number.yuv.classes").readBytes()

    /** Sizes of a picture and of an input, and where Python places the one in the other. */
    data class Placed(val resize: Resize, val numbers: List<Int>)

    fun placements(): List<Placed> =
        File(folder, "placements.csv").readLines().map { line ->
            val words = line.split(",")
            Placed(Resize.entries.single { it.id == words[0] }, words.drop(1).map(String::toInt))
        }

    /** Python's input of a street image, `(3, height, width)`. */
    fun input(number: Int): FloatArray {
        val bytes = ByteBuffer.wrap(File(folder, "street-$number.f32").readBytes()).order(ByteOrder.LITTLE_ENDIAN)
        return FloatArray(bytes.remaining() / Float.SIZE_BYTES).also { bytes.asFloatBuffer().get(it) }
    }
}

/** A picture, decoded by the JVM, so that plain tests need no Android: opaque ARGB, row-major. */
class Picture(val size: Size, val argb: IntArray) {
    fun at(x: Int, y: Int): Int = argb[y.coerceIn(0, size.height - 1) * size.width + x.coerceIn(0, size.width - 1)]

    companion object {
        fun read(file: File): Picture {
            val image = javax.imageio.ImageIO.read(file)
            return Picture(
                Size(image.height, image.width),
                image.getRGB(0, 0, image.width, image.height, null, 0, image.width),
            )
        }
    }
}
