package org.mobileseg.demo.manifest

/** What about an artifact did not fit; each has its three sentences in the resources. */
enum class Problem {
    /** Other files than one artifact and its manifest were chosen. */
    FILES,
    MANIFEST_MISSING,
    MANIFEST_UNREADABLE,
    SCHEMA,
    TARGET,
    INPUT,
    OUTPUT,
    ARTIFACT_MISSING,
    CHECKSUM,

    /** The app's storage cannot take a copy. */
    SPACE,

    /** The runtime could not load or run the file. */
    RUNTIME,
    MEMORY,
}

/**
 * An artifact that is not used. [expected] and [found] are the facts that the sentences of [problem] are about:
 * numbers, names and shapes as they stand in the files, the same in every language.
 */
class Refusal(
    val problem: Problem,
    val expected: String,
    val found: String,
    cause: Throwable? = null,
) : Exception("$problem: expected $expected, found $found", cause)
