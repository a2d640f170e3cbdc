package org.mobileseg.demo.benchmark

import android.app.Activity
import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.util.Log
import android.view.WindowManager
import android.widget.TextView
import java.io.File
import java.io.IOException
import org.mobileseg.demo.R
import org.mobileseg.demo.manifest.Refusal
import org.mobileseg.demo.newer.Newer
import org.mobileseg.demo.ui.keepClear
import org.mobileseg.demo.ui.thermalStatus

/**
 * Measures artifacts in this app's process, as requested by `am start`; the extras are in [BenchmarkRequest]. Files are
 * in the folder `benchmark` of the app's external storage, which the shell can write and read. Everything that happens
 * is a line of JSON in the file of events, the last one `end` or `error`. It shows over the lock screen and turns the
 * screen on; if it is left, it stops, because what runs in the background is slowed down or frozen.
 */
class BenchmarkActivity : Activity() {
    private lateinit var status: TextView
    private var worker: Thread? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        overLockScreen()
        val margin = resources.getDimensionPixelSize(R.dimen.margin)
        status =
            TextView(this).apply {
                setPadding(margin, margin, margin, margin)
                setTextAppearance(android.R.style.TextAppearance_Material_Body1)
            }
        keepClear(status)
        setContentView(status)
        if (state == null) start(intent)
    }

    /** Another request interrupts a running one. */
    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        start(intent)
    }

    override fun onStop() {
        worker?.interrupt()
        super.onStop()
    }

    @Suppress("DEPRECATION") // until Android 8.0
    private fun overLockScreen() {
        if (Build.VERSION.SDK_INT >= ANDROID_8_1) return Newer.overLockScreen(this)
        val flags = WindowManager.LayoutParams.FLAG_SHOW_WHEN_LOCKED or WindowManager.LayoutParams.FLAG_TURN_SCREEN_ON
        window.addFlags(flags)
    }

    private fun start(intent: Intent) {
        val before = worker
        before?.interrupt()
        worker =
            Thread {
                before?.join()
                measure(intent)
            }
                .apply {
                    name = "benchmark"
                    start()
                }
    }

    /** For tests. */
    internal fun await() {
        worker?.join()
    }

    private fun measure(intent: Intent) {
        val folder = getExternalFilesDir(FOLDER) ?: return say(getString(R.string.benchmark_failed, "storage"))
        val name = intent.getStringExtra(BenchmarkRequest.EVENTS)?.substringAfterLast('/') ?: "events.jsonl"
        val target = File(folder, name)
        try {
            EventFile(target).use { events -> measure(intent, folder, events) }
            say(getString(R.string.benchmark_done, target.path))
        } catch (error: IOException) {
            Log.w(TAG, error)
            say(getString(R.string.benchmark_failed, error.message.orEmpty()))
        } catch (failure: Failure) { // it is in the file already
            Log.w(TAG, failure)
            say(getString(R.string.benchmark_failed, failure.found))
        }
    }

    /** Throws [Failure], which is the last of [events] then, and [IOException] where there is no space for them. */
    private fun measure(intent: Intent, folder: File, events: Events) {
        try {
            val request = BenchmarkRequest.of(folder, intent::getStringExtra) { intent.numberOrNull(it) }
            val performance = Performance.of { intent.getBooleanExtra(it, false) }
            performance.begin(this)
            benchmark(request, performance, events).run()
        } catch (failure: Failure) {
            throw failure.told(events)
        } catch (refusal: Refusal) {
            val expected = "${refusal.problem}: ${refusal.expected}"
            throw Failure(expected, refusal.found, "export the file again, or push it and its manifest again")
                .told(events)
        } catch (_: InterruptedException) {
            val found = "the screen was left or went off, or another measurement was started"
            throw Failure("a measurement without interruption", found, "start it again").told(events)
        } catch (error: IOException) {
            throw Failure("space for the outputs", error.message.orEmpty(), "free some space").told(events)
        } catch (error: RuntimeException) { // of a runtime: it must reach whoever drives the measurement
            throw Failure("a file that its runtime can run", error.toString(), "export it again").told(events)
        } catch (error: OutOfMemoryError) {
            throw Failure("enough memory", error.toString(), "close other apps").told(events)
        }
    }

    private fun Failure.told(events: Events): Failure = also {
        events.tell("error", "expected" to expected, "found" to found, "fix" to fix)
    }

    private fun benchmark(request: BenchmarkRequest, performance: Performance, events: Events): Benchmark {
        val files = request.subjects.joinToString { it.artifact.name }
        val progress = Progress { turn -> say(getString(R.string.benchmark_running, files, words(turn))) }
        val version = (listOf("app ${version()}") + performance.stamp().map { "${it.key} ${it.value}" }).joinToString()
        val watch = Watch(request.watch, { thermalStatus(this) })
        return Benchmark(request, version, watch, events, progress) { performance.session(this, it) }
    }

    private fun say(words: String) = runOnUiThread { status.text = words }

    private fun words(turn: Int): String =
        if (turn == Measurement.WARMING) getString(R.string.benchmark_warming)
        else getString(R.string.benchmark_turn, turn)

    private fun version(): String = packageManager.getPackageInfo(packageName, 0).versionName.orEmpty()

    private fun Intent.numberOrNull(name: String): Int? = if (hasExtra(name)) getIntExtra(name, Int.MIN_VALUE) else null

    private companion object {
        const val FOLDER = "benchmark"
        const val TAG = "mobileseg"
        const val ANDROID_8_1 = 27
    }
}
