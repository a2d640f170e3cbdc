package org.mobileseg.demo.manifest

/** Why an artifact is refused; each reason has three sentences in the resources. */
enum class Problem {
    /** Not exactly one artifact and its manifest were selected. */
    FILES,
    MANIFEST_MISSING,
    MANIFEST_UNREADABLE,
    SCHEMA,
    TARGET,
    INPUT,
    OUTPUT,
    ARTIFACT_MISSING,
    CHECKSUM,

    /** The app's storage has no space for a copy. */
    SPACE,

    /** The runtime could not load or run the file. */
    RUNTIME,

    /** The runtime has no native library for this processor. */
    LIBRARY,
    MEMORY,
}

/**
 * An artifact that cannot be used. [expected] and [found] fill the sentences of [problem]: numbers, names and shapes as
 * in the files, the same in every language.
 */
class Refusal(
    val problem: Problem,
    val expected: String,
    val found: String,
    cause: Throwable? = null,
) : Exception("$problem: expected $expected, found $found", cause)
