package org.mobileseg.demo.pipeline

import org.mobileseg.demo.image.Window
import org.mobileseg.demo.manifest.Size

/**
 * Hides small regions of class maps of [size]: pixels of one class that touch each other at their sides. Rows are taken
 * as runs, which are joined with those above them (union-find). Buffers are allocated at the first call.
 */
class Regions(private val size: Size) {
    private val start by lazy(LazyThreadSafetyMode.NONE) { IntArray(size.area) }
    private val end by lazy(LazyThreadSafetyMode.NONE) { IntArray(size.area) }
    private val root by lazy(LazyThreadSafetyMode.NONE) { IntArray(size.area) }
    private val area by lazy(LazyThreadSafetyMode.NONE) { IntArray(size.area) }

    /**
     * Makes those pixels of [colours] transparent whose region has less than `least[class]` pixels. [part]: the part of
     * [map] that is looked at.
     */
    fun hide(map: ByteArray, part: Window, least: IntArray, colours: IntArray) {
        val runs = join(map, part)
        for (run in 0 until runs) {
            val pixels = area[find(run)]
            if (pixels < least[map[start[run]].toInt() and 0xFF]) colours.fill(0, start[run], end[run])
        }
    }

    private fun join(map: ByteArray, part: Window): Int {
        var runs = 0
        var above = 0 // the first run of the row above
        for (y in part.top until part.bottom) {
            val row = runs
            val first = y * size.width + part.left
            val last = y * size.width + part.right
            var upper = above
            var from = first
            while (from < last) {
                var to = from + 1
                while (to < last && map[to] == map[from]) to++
                start[runs] = from
                end[runs] = to
                root[runs] = runs
                area[runs] = to - from
                while (upper < row && end[upper] + size.width <= from) upper++
                var touched = upper
                while (touched < row && start[touched] + size.width < to) {
                    if (map[start[touched]] == map[from]) union(touched, runs)
                    touched++
                }
                runs++
                from = to
            }
            above = row
        }
        return runs
    }

    private fun union(one: Int, other: Int) {
        val a = find(one)
        val b = find(other)
        if (a == b) return
        root[b] = a
        area[a] += area[b]
    }

    private fun find(run: Int): Int {
        var at = run
        while (root[at] != at) {
            root[at] = root[root[at]]
            at = root[at]
        }
        return at
    }
}
