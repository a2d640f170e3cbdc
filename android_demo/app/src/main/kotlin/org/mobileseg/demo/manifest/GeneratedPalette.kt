package org.mobileseg.demo.manifest

import kotlin.math.floor
import kotlin.math.round

/**
 * [count] colours 0xRRGGBB, clearly different from their neighbours; the same as Python's
 * `mobileseg.data.classes.generated_palette`.
 */
internal fun generatedPalette(count: Int): List<Int> =
    List(count) { i ->
        fromHsv(i * GOLDEN_RATIO % 1.0, 0.55 + 0.4 * (i % 2), 1.0 - 0.25 * (i % 3))
    }

/** Arguments and result in 0..1. */
private fun fromHsv(hue: Double, saturation: Double, value: Double): Int {
    val sector = floor(hue * SECTORS)
    val part = hue * SECTORS - sector
    val low = value * (1.0 - saturation)
    val falling = value * (1.0 - saturation * part)
    val rising = value * (1.0 - saturation * (1.0 - part))
    val (red, green, blue) =
        when (sector.toInt() % SECTORS) {
            0 -> Triple(value, rising, low)
            1 -> Triple(falling, value, low)
            2 -> Triple(low, value, rising)
            3 -> Triple(low, falling, value)
            4 -> Triple(rising, low, value)
            else -> Triple(value, low, falling)
        }
    return (byte(red) shl 16) or (byte(green) shl 8) or byte(blue)
}

private fun byte(share: Double): Int = round(255 * share).toInt()

private const val GOLDEN_RATIO = 0.618034
private const val SECTORS = 6
