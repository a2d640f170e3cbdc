"""Memory and cores of this process, from Linux's /proc. None on other systems: not measured."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc(5): the peak becomes what is resident now


def _field(name: str) -> int | None:
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), None)


def baseline_kb() -> int | None:
    """Resets the peak of resident memory, as importing a runtime takes more than many a file. Returns what is resident now, in KiB.

    Free heap is given back to the system first: imports leave megabytes of it, which a file would reuse without raising the peak.
    None where the peak cannot be reset; ``peak_kb`` is then that of the whole process.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    return reset_peak()


def reset_peak() -> int | None:
    """Sets the peak to what is resident now. Returns that in KiB; None where the peak cannot be reset."""
    now = _field("VmRSS:")
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        return None
    return now


def peak_kb() -> int | None:
    """The peak of resident memory in KiB; None where the system does not report it."""
    return _field("VmHWM:")


def affinity() -> list[int] | None:
    """The numbers of the cores that this process may run on, sorted; None where the system does not report them."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
