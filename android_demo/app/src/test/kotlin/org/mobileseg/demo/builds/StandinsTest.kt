package org.mobileseg.demo.builds

import java.io.File
import java.lang.reflect.Method
import java.lang.reflect.Modifier
import org.junit.Assert.assertTrue
import org.junit.Test
import org.pytorch.executorch.DType
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor

/**
 * Stand-ins promise nothing that the published classes lack. `signatures.txt` is what javap says of those in the npm
 * package react-native-executorch 0.9.3 (`android/libs/classes.jar`).
 */
class StandinsTest {
    private val text = File("../standins/src/published/signatures.txt").readText()
    private val published =
        text
            .split(Regex("(?=public (?:abstract |final )?class )"))
            .filter { it.startsWith("public") }
            .associateBy { Regex("class (\\S+)").find(it)!!.groupValues[1].substringBefore('<') }

    @Test
    fun `every public member is published`() {
        for (type in listOf(Module::class.java, EValue::class.java, Tensor::class.java, DType::class.java)) {
            val lines = published.getValue(type.name).lines().map(String::trim).toSet()
            for (method in
                type.declaredMethods.filter {
                    Modifier.isPublic(it.modifiers) && !it.isSynthetic && !it.isEnumMember()
                }) {
                val wanted = signature(method)
                assertTrue(
                    "$wanted is not among\n${lines.joinToString("\n")}",
                    lines.any { plain(it) == plain(wanted) },
                )
            }
            for (field in type.declaredFields.filter { Modifier.isPublic(it.modifiers) }) {
                assertTrue(
                    "${type.name}.${field.name}",
                    lines.any { Regex(" ${field.name}( =.*)?;").containsMatchIn(it) },
                )
            }
        }
        assertTrue("LOAD_MODE_MMAP = ${Module.LOAD_MODE_MMAP};" in text)
        assertTrue("LOAD_MODE_FILE = ${Module.LOAD_MODE_FILE};" in text)
    }

    private fun signature(method: Method): String {
        val kind = if (Modifier.isStatic(method.modifiers)) "static " else ""
        val taken = method.parameterTypes.joinToString { it.typeName }
        return "public $kind${method.returnType.typeName} ${method.name}($taken);"
    }

    /** An array at the end may be written as such or with dots; what is abstract there may be done here. */
    private fun plain(line: String): String = line.replace("...", "[]").replace("abstract ", "")

    private fun Method.isEnumMember(): Boolean = declaringClass.isEnum && name in setOf("values", "valueOf")
}
