package org.mobileseg.demo.benchmark

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.util.Log
import android.view.WindowManager
import android.widget.TextView
import java.io.File
import java.io.IOException
import org.json.JSONObject
import org.mobileseg.demo.R
import org.mobileseg.demo.manifest.Refusal

/**
 * Measures artifacts in this app's process, as requested by `am start`; the extras are in [BenchmarkRequest]. Files are
 * in the folder `benchmark` of the app's external storage, which the shell can write and read. Writes either the
 * result, under the requested name, or `NAME.error` with `expected`, `found`, `fix` and `status`; both appear whole or
 * not at all, and old ones are deleted first.
 */
class BenchmarkActivity : Activity() {
    private lateinit var status: TextView
    private var worker: Thread? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        val margin = resources.getDimensionPixelSize(R.dimen.margin)
        status =
            TextView(this).apply {
                setPadding(margin, margin, margin, margin)
                setTextAppearance(android.R.style.TextAppearance_Material_Body1)
                fitsSystemWindows = true
            }
        setContentView(status)
        if (state == null) start(intent)
    }

    /** Another request interrupts a running one. */
    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        start(intent)
    }

    override fun onDestroy() {
        worker?.interrupt()
        super.onDestroy()
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
        var target =
            File(folder, intent.getStringExtra(BenchmarkRequest.RESULT)?.substringAfterLast('/') ?: "result.json")
        try {
            val brief = intent.getBooleanExtra(BenchmarkRequest.BRIEF, false)
            val request = BenchmarkRequest.of(folder, intent::getStringExtra, { intent.numberOrNull(it) }, brief)
            target = request.result
            listOf(target, errorOf(target)).forEach(File::delete)
            val facts = DeviceFacts(this)
            val files = request.subjects.joinToString { it.artifact.name }
            val progress = Progress { turn ->
                say(getString(R.string.benchmark_running, files, request.protocol.name, words(turn)))
            }
            write(Benchmark(request, facts.properties(), facts::sensors, version(), progress).run(), target)
            say(getString(R.string.benchmark_done, target.path))
        } catch (failure: Failure) {
            fail(target, failure)
        } catch (refusal: Refusal) {
            val expected = "${refusal.problem}: ${refusal.expected}"
            fail(target, Failure(expected, refusal.found, "export the file again, or push it and its manifest again"))
        } catch (_: InterruptedException) {
            val found = "the screen was left, or another measurement was started"
            fail(target, Failure("a measurement without interruption", found, "start it again", Failure.OTHER))
        } catch (error: IOException) {
            fail(target, Failure("space for the result", error.message.orEmpty(), "free some space", Failure.OTHER))
        } catch (error: Exception) { // of a runtime: it must reach whoever drives the measurement
            val found = error.toString()
            fail(target, Failure("a file that its runtime can run", found, "export it again", Failure.OTHER))
        } catch (error: OutOfMemoryError) {
            fail(target, Failure("enough memory", error.toString(), "close other apps", Failure.OTHER))
        }
    }

    private fun fail(target: File, failure: Failure) {
        Log.w(TAG, failure)
        target.delete()
        val json = JSONObject().put("expected", failure.expected).put("found", failure.found).put("fix", failure.fix)
        try {
            write(json.put("status", failure.status), errorOf(target))
        } catch (error: IOException) { // it is still on the screen and in the log
            Log.w(TAG, error)
        }
        say(getString(R.string.benchmark_failed, failure.found))
    }

    /** Writes the file whole or not at all. Throws [IOException]. */
    private fun write(json: JSONObject, target: File) {
        val incoming = File(target.path + ".part")
        incoming.writeText(json.toString(1) + "\n")
        if (!incoming.renameTo(target)) throw IOException("$target cannot be written")
    }

    private fun errorOf(target: File) = File(target.path + ".error")

    private fun say(words: String) = runOnUiThread { status.text = words }

    private fun words(turn: Int): String =
        if (turn == Measurement.WARMING) getString(R.string.benchmark_warming)
        else getString(R.string.benchmark_turn, turn)

    private fun version(): String = packageManager.getPackageInfo(packageName, 0).versionName.orEmpty()

    private fun Intent.numberOrNull(name: String): Int? = if (hasExtra(name)) getIntExtra(name, Int.MIN_VALUE) else null

    private companion object {
        const val FOLDER = "benchmark"
        const val TAG = "mobileseg"
    }
}
