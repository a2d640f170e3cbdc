package org.mobileseg.demo.image

import java.nio.Buffer

// Through Buffer, because its subclasses lack these overrides on old Android versions.

internal fun Buffer.moveTo(index: Int) {
    position(index)
}

/** Sets position and limit to the whole buffer. */
internal fun Buffer.rewindAll() {
    clear()
}
