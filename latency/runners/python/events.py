"""JSON lines on standard output, and nothing else there."""

from __future__ import annotations

import json
import os
import sys


class RunnerError(Exception):
    """What was expected, what was found, what to do."""

    def __init__(self, expected: str, found: str, fix: str) -> None:
        super().__init__(f"expected {expected}; found {found}; fix: {fix}")
        self.expected, self.found, self.fix = expected, found, fix


class Events:
    """Keeps standard output for itself: what libraries print there goes to standard error from now on."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = sys.stderr

    def __call__(self, event: str, **fields: object) -> None:
        """Write one event; it is out when this returns. Raises ``BrokenPipeError`` where nobody reads."""
        self._stream.write(json.dumps({"event": event, **fields}, allow_nan=False) + "\n")
        self._stream.flush()

    def error(self, error: RunnerError) -> None:
        """The event of a failure."""
        self("error", expected=error.expected, found=error.found, fix=error.fix)
