"""What can be seen while measuring, between turns: numbers in files that the host names, the core, and involuntary switches."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from pathlib import Path

from .events import Events

EVERY_S = 0.5
STAT = Path("/proc/thread-self/stat")
CORE = 36  # "processor" in proc(5), counted from the state, which follows the name in parentheses


class Watch:
    """Reads the ``files`` at most every ``EVERY_S`` seconds, so that the reading itself is no load."""

    def __init__(self, files: Sequence[str], events: Events, began: float) -> None:
        self._files, self._events, self._began, self._last = files, events, began, float("-inf")

    def look(self, last: bool = False) -> None:
        """Write a ``state`` event, if it is time, or the ``last`` one."""
        now = time.monotonic()
        if now - self._last < EVERY_S and not last:
            return
        self._last = now
        self._events(
            "state",
            at_s=round(now - self._began, 4),
            values=[_number(file) for file in self._files],
            core=_core(),
            switches=_switches(),
        )


def _number(file: str) -> int | None:
    try:
        return int(Path(file).read_text())
    except (OSError, ValueError):
        return None


def _core() -> int | None:
    """On which core this thread is now."""
    try:
        return int(STAT.read_text().rpartition(")")[2].split()[CORE])
    except (OSError, ValueError, IndexError):
        return None


def _switches() -> int | None:
    """How often a thread of this process had to make room for others since it started."""
    try:
        resource = importlib.import_module("resource")  # POSIX has it
    except ImportError:
        return None
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw)
