package org.mobileseg.demo.pipeline

/**
 * Hands the newest of three slots from the thread that writes to the thread that reads; neither waits, nothing is
 * copied or allocated. Older ones that were not read are overwritten.
 */
class Exchange<T : Any>(make: () -> T) {
    private var writing = make()
    private var reading = make()
    private var between = make()
    private var fresh = false

    /** The slot that only the writer sees. */
    val back: T
        get() = writing

    /** Give [back] to the reader. */
    @Synchronized
    fun publish() {
        writing = between.also { between = writing }
        fresh = true
    }

    /**
     * The newest slot that was published; the same as before where there is none newer. It stays the reader's until the
     * next call.
     */
    @Synchronized
    fun take(): T {
        if (fresh) {
            reading = between.also { between = reading }
            fresh = false
        }
        return reading
    }
}
