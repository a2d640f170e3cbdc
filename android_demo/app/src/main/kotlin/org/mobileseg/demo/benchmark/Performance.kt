package org.mobileseg.demo.benchmark

import android.app.Activity
import android.content.Context
import android.os.Build
import android.os.PowerManager
import java.io.Closeable
import java.io.File
import org.mobileseg.demo.newer.Newer

/** Tells the system how long work has taken, so that it chooses clocks and cores. */
interface Hints : Closeable {
    fun worked(nanos: Long)
}

/** What the measurement asks of the system; stamped on the result, because it changes the times. */
data class Performance(val hints: Boolean, val sustained: Boolean) {
    /** For the version in the `start` event. */
    fun stamp(): Map<String, String> = buildMap {
        if (hints) put("performance hint session", "on")
        if (sustained) put("sustained performance mode", "on")
    }

    /** Throws [Failure] where the device lacks what is asked. Called on the main thread. */
    fun begin(activity: Activity) {
        val power = activity.getSystemService(Context.POWER_SERVICE) as PowerManager
        if (!sustained) return
        if (!power.isSustainedPerformanceModeSupported) throw lacking("a sustained performance mode", SUSTAINED)
        activity.runOnUiThread { activity.window.setSustainedPerformanceMode(true) }
    }

    /**
     * A session for every thread of this process, so that those of the runtime are in it; null if none is asked. Throws
     * [Failure] where the device has none. [targetNanos]: how long one inference should take.
     */
    fun session(context: Context, targetNanos: Long): Hints? {
        if (!hints) return null
        val found = if (Build.VERSION.SDK_INT < ANDROID_12) null else Newer.hints(context, threads(), targetNanos)
        return found ?: throw lacking("performance hint sessions (Android 12 or newer)", HINTS)
    }

    private fun threads(): IntArray =
        File("/proc/self/task").list().orEmpty().mapNotNull(String::toIntOrNull).toIntArray()

    private fun lacking(what: String, extra: String) =
        Failure("a device with $what", "a device without", "leave out --ez $extra true")

    companion object {
        const val HINTS: String = "hints"
        const val SUSTAINED: String = "sustained"
        private const val ANDROID_12 = 31

        /** [flag]: an extra of the intent. */
        fun of(flag: (String) -> Boolean): Performance = Performance(flag(HINTS), flag(SUSTAINED))
    }
}
