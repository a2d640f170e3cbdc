package org.mobileseg.demo.pipeline

/**
 * A triple buffer between one writing and one reading thread: neither waits, nothing is copied or allocated, and slots
 * that were not read are overwritten.
 */
class Exchange<T : Any>(make: () -> T) {
    private var writing = make()
    private var reading = make()
    private var between = make()
    private var fresh = false

    /** The slot that belongs to the writer. */
    val back: T
        get() = writing

    /** Publishes [back] to the reader. */
    @Synchronized
    fun publish() {
        writing = between.also { between = writing }
        fresh = true
    }

    /**
     * The newest published slot, or the same as before if there is no newer one. It belongs to the reader until the
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
