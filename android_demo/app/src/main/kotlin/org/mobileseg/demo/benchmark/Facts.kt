package org.mobileseg.demo.benchmark

/** One core's clock in kHz; null if the kernel does not report it. */
data class Clock(val core: Int, val khz: Long?, val capKhz: Long?, val maxKhz: Long?, val governor: String?)

/**
 * The state of the device. [thermalStatus]: Android's, 0 (none) to 6 (shutdown); [thermalHeadroom]: heat in 10 s as a
 * share of what throttles severely. An app sees neither thermal zones nor the processor load of other processes.
 */
data class Sensors(
    val thermalStatus: Int?,
    val clocks: List<Clock>,
    val batteryLevel: Int?,
    val charging: Boolean?,
    val batteryCelsius: Double?,
    val powerSaver: Boolean?,
    val screenOn: Boolean?,
    val thermalHeadroom: Float? = null,
)
