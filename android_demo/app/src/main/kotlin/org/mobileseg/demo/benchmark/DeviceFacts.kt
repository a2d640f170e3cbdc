package org.mobileseg.demo.benchmark

import android.app.ActivityManager
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.Build
import android.os.PowerManager
import java.io.File
import java.io.IOException
import org.mobileseg.demo.newer.Newer
import org.mobileseg.demo.ui.thermalHeadroom
import org.mobileseg.demo.ui.thermalStatus

/** One processor core. */
data class Core(val number: Int, val maxKhz: Long?, val capacity: Int?)

/** The device's properties, which do not change while the app runs. */
data class Properties(
    val model: String,
    val soc: String?,
    val os: String,
    val kernel: String?,
    val architecture: String,
    val cores: List<Core>,
    val memoryKb: Long,
)

/** Reads what this Android version shows an app of the device; null for the rest. */
class DeviceFacts(private val context: Context, private val processors: File = File("/sys/devices/system/cpu")) {
    fun properties(): Properties {
        val memory = ActivityManager.MemoryInfo()
        (context.getSystemService(Context.ACTIVITY_SERVICE) as ActivityManager).getMemoryInfo(memory)
        return Properties(
            model = "${Build.MANUFACTURER} ${Build.MODEL}",
            soc = if (Build.VERSION.SDK_INT >= ANDROID_12) Newer.soc() else null,
            os = "Android ${Build.VERSION.RELEASE} (API ${Build.VERSION.SDK_INT})",
            kernel = System.getProperty("os.version"),
            architecture = System.getProperty("os.arch") ?: Build.SUPPORTED_ABIS.first(),
            cores =
                numbers().map { Core(it, number(it, "cpufreq/cpuinfo_max_freq"), number(it, "cpu_capacity")?.toInt()) },
            memoryKb = memory.totalMem / BYTES_PER_KB,
        )
    }

    fun sensors(): Sensors {
        val battery = context.registerReceiver(null, IntentFilter(Intent.ACTION_BATTERY_CHANGED))
        val power = context.getSystemService(Context.POWER_SERVICE) as PowerManager
        return Sensors(
            thermalStatus = thermalStatus(context),
            clocks = numbers().map(::clock),
            batteryLevel = battery?.extra(BatteryManager.EXTRA_LEVEL),
            charging = battery?.extra(BatteryManager.EXTRA_PLUGGED)?.let { it != 0 },
            batteryCelsius = battery?.extra(BatteryManager.EXTRA_TEMPERATURE)?.let { it / TENTHS },
            powerSaver = power.isPowerSaveMode,
            screenOn = power.isInteractive,
            thermalHeadroom = thermalHeadroom(context),
        )
    }

    private fun Intent.extra(name: String): Int? = if (hasExtra(name)) getIntExtra(name, 0) else null

    private fun numbers(): List<Int> {
        val found =
            processors.list().orEmpty().mapNotNull { CORE.matchEntire(it)?.groupValues?.get(1)?.toInt() }.sorted()
        return found.ifEmpty { List(Runtime.getRuntime().availableProcessors()) { it } }
    }

    private fun clock(core: Int) =
        Clock(
            core,
            number(core, "cpufreq/scaling_cur_freq"),
            number(core, "cpufreq/scaling_max_freq"),
            number(core, "cpufreq/cpuinfo_max_freq"),
            text(core, "cpufreq/scaling_governor"),
        )

    private fun number(core: Int, name: String): Long? = text(core, name)?.toLongOrNull()

    private fun text(core: Int, name: String): String? =
        try {
            File(processors, "cpu$core/$name").readText().trim().ifEmpty { null }
        } catch (_: IOException) {
            null
        }

    private companion object {
        val CORE = Regex("cpu([0-9]+)")
        const val ANDROID_12 = 31
        const val BYTES_PER_KB = 1024
        const val TENTHS = 10.0
    }
}
