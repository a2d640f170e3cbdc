"""Events: JSON lines on standard output, which carries nothing else."""

from __future__ import annotations

import json
import os
import sys
import time

BEAT_S = 5.0


class RunnerError(Exception):
    """What was expected, what was found, how to fix it."""

    def __init__(self, expected: str, found: str, fix: str) -> None:
        super().__init__(f"expected {expected}; found {found}; fix: {fix}")
        self.expected, self.found, self.fix = expected, found, fix


class Events:
    """Takes standard output for itself: what libraries print there goes to standard error from now on."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._last = time.monotonic()

    def __call__(self, event: str, **fields: object) -> None:
        """Writes one event and flushes it. Raises ``BrokenPipeError`` if the reader has ended, ``ValueError`` for NaN or infinity."""
        self._stream.write(json.dumps({"event": event, **fields}, allow_nan=False) + "\n")
        self._stream.flush()
        self._last = time.monotonic()

    def beat(self) -> None:
        """Writes a ``beat`` event if nothing was written for ``BEAT_S``: slow, and not stuck."""
        if time.monotonic() - self._last >= BEAT_S:
            self("beat")

    def error(self, error: RunnerError) -> None:
        """Writes the ``error`` event."""
        self("error", expected=error.expected, found=error.found, fix=error.fix)
