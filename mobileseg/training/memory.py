"""Keeps the memory that a training step frees for the next step: on a CPU, page faults would take a third of the time."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h of glibc
LARGEST_MMAP_THRESHOLD = 32 << 20  # bytes; glibc refuses more
TOP_PAD = 256 << 20  # bytes that the heap grows by
NEVER_TRIM = -1  # mallopt(3)


def keep_freed_memory() -> bool:
    """Ask glibc not to return blocks below 32 MiB to the system; False where the C library has no such setting.

    Measured on seaformer-tiny, 8 crops of 288x384, one thread, channels last: 1.28 s of CPU time per step without it, 0.9 s with it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    wanted = {M_MMAP_THRESHOLD: LARGEST_MMAP_THRESHOLD, M_TOP_PAD: TOP_PAD, M_TRIM_THRESHOLD: NEVER_TRIM}
    return all(mallopt(parameter, value) == 1 for parameter, value in wanted.items())
