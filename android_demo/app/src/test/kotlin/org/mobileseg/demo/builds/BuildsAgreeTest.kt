package org.mobileseg.demo.builds

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

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
        assertEquals(maven("kotlin"), version("kotlin"))
        assertEquals(maven("onnxruntime"), version("onnxruntime"))
        assertEquals("1.4.0", version("executorch"))
        assertTrue(
            "org.pytorch:executorch-android" in catalog && "com.microsoft.onnxruntime:onnxruntime-android" in catalog
        )
        assertTrue("implementation(libs.executorch)" in gradle && "implementation(libs.onnxruntime)" in gradle)
    }

    @Test
    fun `levels and numbers are the same`() {
        assertEquals(maven("min"), number("minSdk"))
        assertEquals(maven("target"), number("targetSdk"))
        assertEquals(maven("target"), number("compileSdk"))
        assertEquals(maven("versionCode"), number("versionCode"))
        assertEquals(maven("versionName"), Regex("versionName = \"(.*)\"").find(gradle)?.groupValues?.get(1))
        assertTrue("JavaVersion.VERSION_${maven("java")}" in gradle && "JvmTarget.JVM_${maven("java")}" in gradle)
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
