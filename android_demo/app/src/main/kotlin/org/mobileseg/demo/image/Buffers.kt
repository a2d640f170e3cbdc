package org.mobileseg.demo.image

import java.nio.Buffer

// Through Buffer, not its subclasses: their own versions of these methods are missing on the oldest Androids.

internal fun Buffer.moveTo(index: Int) {
    position(index)
}

/** From the first element to the last. */
internal fun Buffer.rewindAll() {
    clear()
}
