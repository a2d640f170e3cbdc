package org.mobileseg.demo.builds

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.w3c.dom.Element

/** Words are resources, in two languages that say the same things. */
class StringsTest {
    private val english = strings("values")
    private val german = strings("values-de")

    @Test
    fun `both languages have the same strings with the same placeholders`() {
        assertEquals(english.keys, german.keys)
        for ((name, words) in english) assertEquals(name, places(words), places(german.getValue(name)))
        assertTrue(english.keys.count { english[it] == german[it] } < english.size / 4)
    }

    @Test
    fun `every string is used`() {
        val sources =
            File("src/main")
                .walk()
                .filter { it.extension in setOf("kt", "xml") && it.name != "strings.xml" }
                .joinToString("\n") { it.readText() }
        for (name in english.keys) {
            assertTrue(name, Regex("(R\\.(string|plurals|array)\\.|@string/)$name\\b").containsMatchIn(sources))
        }
    }

    @Test
    fun `no text in code or layouts`() {
        val layouts =
            File("src/main/res").walk().filter {
                it.parentFile.name.startsWith("layout") || it.parentFile.name == "menu"
            }
        for (file in layouts.filter(File::isFile)) {
            assertTrue(
                file.name,
                !Regex("(text|title|contentDescription|hint)=\"[^@?]").containsMatchIn(file.readText()),
            )
        }
    }

    private fun places(words: String): List<String> =
        Regex("%(\\d\\$)?[sd]").findAll(words).map { it.value }.toSet().sorted()

    /** By name; plurals and lists as all their items. */
    private fun strings(folder: String): Map<String, String> {
        val file = File("src/main/res/$folder/strings.xml")
        val root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement
        val found = List(root.childNodes.length) { root.childNodes.item(it) }.filterIsInstance<Element>()
        return found.associate { it.getAttribute("name") to it.textContent.trim() }
    }
}
