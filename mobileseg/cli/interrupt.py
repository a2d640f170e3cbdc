"""Ctrl-C that is not lost.

A KeyboardInterrupt that is raised while a native library calls back into Python may be swallowed there. So the signal is
remembered too, and whoever reports progress looks.
"""

from __future__ import annotations

import signal
from types import FrameType

_asked = False
_word = "interrupted; nothing was left behind"


def install() -> None:
    """Take SIGINT and SIGTERM: a polite kill leaves as little behind as Ctrl-C."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    global _asked  # noqa: PLW0603  # a signal handler has nowhere else to put it
    _asked = True
    raise KeyboardInterrupt


def check() -> None:
    """Raise ``KeyboardInterrupt`` if there was a signal that nobody saw."""
    if _asked:
        raise KeyboardInterrupt


def leave_word(text: str) -> None:
    """What is said at the end, where something was left on purpose."""
    global _word  # noqa: PLW0603  # as above
    _word = text


def word() -> str:
    """What is said at the end."""
    return _word
