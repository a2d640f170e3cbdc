"""Memory and cores of this process, as Linux tells them; None elsewhere."""

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
    """KiB resident now, from which the peak counts: importing the runtimes alone reaches higher than many a file does.

    The heap that is free is given back first: imports leave megabytes of it, which a file would take again unseen. None where the
    peak cannot be reset; then ``peak_kb`` is that of the whole process.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)
    return reset_peak()


def reset_peak() -> int | None:
    """The peak becomes what is resident now: that, in KiB; None where it cannot be reset."""
    now = _field("VmRSS:")
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        return None
    return now


def peak_kb() -> int | None:
    """The most that was resident, in KiB."""
    return _field("VmHWM:")


def affinity() -> list[int] | None:
    """The cores that this process may run on."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
