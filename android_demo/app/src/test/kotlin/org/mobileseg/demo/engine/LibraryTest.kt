package org.mobileseg.demo.engine

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.mobileseg.demo.manifest.Problem
import org.mobileseg.demo.manifest.Target

class LibraryTest {
    @Test
    fun `a processor without the runtime's library is named`() {
        val found =
            libraryRefusal(Target.EXECUTORCH, UnsatisfiedLinkError("couldn't find DSO to load: libexecutorch.so"))
        assertEquals(Problem.LIBRARY, found.problem)
        assertEquals("executorch", found.expected)
        assertTrue(found.found, System.getProperty("os.arch") in found.found && "libexecutorch.so" in found.found)
    }
}
