package org.mobileseg.demo.image

import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.LockSupport

/** The part [index] of some work, of as many parts as the team has members; parts run at the same time. */
internal fun interface Work {
    fun part(index: Int)
}

/**
 * [size] threads that share the rows of a frame: the caller and helpers that sleep in between. Nothing is allocated per
 * call.
 */
internal class Team(val size: Int) {
    private val helpers = Array(size - 1) { Helper(it + 1).apply(Thread::start) }
    private val busy = AtomicInteger()

    @Volatile private var work = Work {}
    @Volatile private var caller: Thread? = null
    @Volatile private var failure: Throwable? = null

    /** Runs all parts of [work] and returns when they are done; throws what one of them has thrown. */
    @Synchronized
    fun run(work: Work) {
        this.work = work
        caller = Thread.currentThread()
        busy.set(helpers.size)
        for (helper in helpers) helper.wake()
        try {
            work.part(0)
        } finally {
            while (busy.get() > 0) LockSupport.park(this)
            this.work = Work {}
        }
        failure?.let {
            failure = null
            throw it
        }
    }

    private inner class Helper(private val index: Int) : Thread("frame-$index") {
        private val due = AtomicBoolean()

        init {
            isDaemon = true
        }

        fun wake() {
            due.set(true)
            LockSupport.unpark(this)
        }

        override fun run() {
            while (true) {
                while (!due.compareAndSet(true, false)) LockSupport.park(this)
                try {
                    work.part(index)
                } catch (error: Throwable) { // also out of memory: the caller throws it
                    failure = error
                }
                if (busy.decrementAndGet() == 0) LockSupport.unpark(caller)
            }
        }
    }

    companion object {
        /** More threads wait for memory, and for the slow cores. */
        private const val MOST = 4

        /** The app's own. */
        val SHARED: Team by lazy { Team(Runtime.getRuntime().availableProcessors().coerceIn(1, MOST)) }
    }
}

/** The first of [rows] rows that part [index] of [parts] has; that of the next part is its end. */
internal fun share(rows: Int, index: Int, parts: Int): Int = (rows.toLong() * index / parts).toInt()
