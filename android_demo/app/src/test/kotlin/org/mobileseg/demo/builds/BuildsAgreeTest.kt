package org.mobileseg.demo.builds

import java.io.File
import java.util.Properties
import java.util.zip.ZipFile
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.artifact.sha256

/**
 * Gradle cannot be run here, so that its files must not drift from those of the check build: what both name is the
 * same.
 */
class BuildsAgreeTest {
    private val root = File("..")
    private val catalog = File(root, "gradle/libs.versions.toml").readText()
    private val gradle = File(root, "app/build.gradle.kts").readText()

    @Test
    fun `versions are the same`() {
        assertEquals(maven("agp"), version("agp"))
        assertEquals(maven("kotlin"), version("kotlin"))
        assertTrue("classpath(libs.kotlin.gradle.plugin)" in File(root, "build.gradle.kts").readText())
        assertFalse("AGP compiles Kotlin itself", "org.jetbrains.kotlin.android" in catalog)
        assertEquals(maven("onnxruntime"), version("onnxruntime"))
        assertEquals("1.4.0", version("executorch"))
        assertTrue(
            "org.pytorch:executorch-android" in catalog && "com.microsoft.onnxruntime:onnxruntime-android" in catalog
        )
        assertTrue("implementation(libs.executorch)" in gradle && "implementation(libs.onnxruntime)" in gradle)
    }

    /** The R8 of this build is the one that AGP brings, and it knows this Kotlin. */
    @Test
    fun `R8 is AGP's`() {
        val found =
            ZipFile(maven("r8")).use { jar ->
                Properties().apply { load(jar.getInputStream(jar.getEntry("r8-version.properties"))) }
            }
        val bundled = found.getProperty("version.version")
        assertTrue("R8 $bundled" in catalog)
        val needed = Regex("Kotlin (2\\.4) +needs R8 ([0-9.]+[0-9])").find(catalog)!!
        assertTrue(version("kotlin")!!.startsWith(needed.groupValues[1] + "."))
        val order = { words: String -> words.split(".").fold(0L) { sum, part -> sum * 1000 + part.toLong() } }
        assertTrue("$bundled, ${needed.groupValues[2]}", order(bundled) >= order(needed.groupValues[2]))
    }

    @Test
    fun `the wrapper is Gradle's, with the distribution's digest`() {
        val wrapper = Properties().apply { File(root, "gradle/wrapper/gradle-wrapper.properties").reader().use(::load) }
        val address = wrapper.getProperty("distributionUrl")
        val gradleVersion = Regex("Gradle ([0-9.]+) ").find(catalog)!!.groupValues[1]
        assertTrue(address, address.endsWith("/gradle-$gradleVersion-bin.zip"))
        assertTrue(Regex("[0-9a-f]{64}").matches(wrapper.getProperty("distributionSha256Sum")))
        // Gradle's release checksums: the wrapper's jar of 9.4.1.
        assertEquals(
            "55243ef57851f12b070ad14f7f5bb8302daceeebc5bce5ece5fa6edb23e1145c",
            sha256(File(root, "gradle/wrapper/gradle-wrapper.jar")),
        )
        assertTrue(File(root, "gradlew").canExecute() && File(root, "gradlew.bat").exists())
        val properties = File(root, "gradle.properties").readLines()
        assertTrue("android.useAndroidX=true" in properties)
    }

    @Test
    fun `hosted CI builds with Gradle, checks and measures`() {
        val workflow = File(root, "../.github/workflows/android.yml").readText()
        for (part in listOf("./gradlew assembleDebug assembleRelease lint", "arch: x86_64", "page_sizes.sh")) {
            assertTrue(part, part in workflow)
        }
        for (script in Regex("android_demo/(tools/[a-z_]+\\.sh)").findAll(workflow).map { it.groupValues[1] }) {
            val process = ProcessBuilder("sh", "-n", script).directory(root).redirectErrorStream(true).start()
            assertEquals(process.inputStream.reader().readText(), 0, process.waitFor())
        }
    }

    @Test
    fun `levels and numbers are the same`() {
        assertEquals(maven("min"), number("minSdk"))
        assertEquals(maven("target"), number("targetSdk"))
        assertEquals(maven("target"), number("compileSdk"))
        assertEquals(maven("versionCode"), number("versionCode"))
        assertEquals(maven("versionName"), Regex("versionName = \"(.*)\"").find(gradle)?.groupValues?.get(1))
        assertEquals(2, Regex("JavaVersion.VERSION_${maven("java")}").findAll(gradle).count())
        assertTrue("namespace = \"org.mobileseg.demo\"" in gradle)
    }

    /** Both take Gradle's usual folders; the check build names them. */
    @Test
    fun `sources are the same`() {
        assertFalse("sourceSets" in gradle)
        val pom = File("pom.xml").readText()
        assertTrue("<sourceDir>src/main/kotlin</sourceDir>" in pom)
        for (folder in listOf("kotlin", "res", "AndroidManifest.xml")) assertTrue(File("src/main/$folder").exists())
        assertFalse("a folder that the check build does not compile", File("src/main/java").exists())
        assertTrue("proguardFiles(getDefaultProguardFile(\"proguard-android-optimize.txt\"), \"shrink.pro\")" in gradle)
        assertTrue(File("shrink.pro").exists())
    }

    @Test
    fun `permissions are the camera's alone`() {
        val document =
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File("src/main/AndroidManifest.xml"))
        val asked = document.getElementsByTagName("uses-permission")
        val names = List(asked.length) { asked.item(it).attributes.getNamedItem("android:name").nodeValue }
        assertEquals(listOf("android.permission.CAMERA"), names)
        // Nothing that a library's own manifest would add without being seen here.
        assertTrue("tools:node" !in File("src/main/AndroidManifest.xml").readText())
    }

    private fun maven(name: String): String = System.getProperty("build.$name")

    private fun version(name: String): String? = Regex("(?m)^$name = \"(.*)\"").find(catalog)?.groupValues?.get(1)

    private fun number(name: String): String? = Regex("$name = ([0-9]+)").find(gradle)?.groupValues?.get(1)
}
