package org.mobileseg.demo.benchmark

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.util.Log
import android.view.WindowManager
import android.widget.TextView
import java.io.File
import org.json.JSONObject
import org.mobileseg.demo.R
import org.mobileseg.demo.manifest.Refusal

/**
 * Measures one artifact in this app's process, as `am start` asks; the extras are in [BenchmarkRequest]. Files lie in
 * the app's external storage, folder `benchmark`, which the shell writes and reads. There is then either the result,
 * named as asked for, or beside it `NAME.error` with `expected`, `found`, `todo`; both appear whole or not at all, and
 * what was there before goes first.
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

    /** The next one, where one is at work already: it is left. */
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
            val request = BenchmarkRequest.of(folder, intent::getStringExtra) { intent.numberOrNull(it) }
            target = request.result
            listOf(target, errorOf(target)).forEach(File::delete)
            val facts = DeviceFacts(this)
            val progress = Progress { turn ->
                say(getString(R.string.benchmark_running, request.artifact.name, request.protocol.name, words(turn)))
            }
            write(Benchmark(request, facts.properties(), facts::sensors, version(), progress).run(), target)
            say(getString(R.string.benchmark_done, target.path))
        } catch (failure: RequestFailure) {
            fail(target, failure.expected, failure.found, failure.todo)
        } catch (refusal: Refusal) {
            fail(
                target,
                "${refusal.problem}: ${refusal.expected}",
                refusal.found,
                "export again, or push both files again",
            )
        } catch (_: InterruptedException) {
            fail(
                target,
                "to be left alone until the end",
                "the screen was left, or another measurement started",
                "start it again",
            )
        } catch (error: Exception) { // a runtime's own: whoever drives this must hear of it
            fail(target, "a file that its runtime can run", error.toString(), "export it again")
        } catch (error: OutOfMemoryError) {
            fail(target, "enough memory", error.toString(), "close other apps")
        }
    }

    private fun fail(target: File, expected: String, found: String, todo: String) {
        Log.w(TAG, "expected $expected; found $found; to do: $todo")
        target.delete()
        write(JSONObject().put("expected", expected).put("found", found).put("todo", todo), errorOf(target))
        say(getString(R.string.benchmark_failed, found))
    }

    private fun write(json: JSONObject, target: File) {
        val incoming = File(target.path + ".part")
        incoming.writeText(json.toString(1) + "\n")
        incoming.renameTo(target)
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
