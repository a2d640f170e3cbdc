"""What libraries print and log, kept off the user's screen and kept for the error message.

Converters print progress bars, version warnings and C++ log lines that nobody can act on. Inside ``quiet`` file descriptor 2
and Python's stdout go to a temporary file; what a native library said last is there when its call fails. ``verbose`` switches
all of it off: then everything reaches standard error as it is said.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from typing import IO

from mobileseg.errors import MobilesegError

TAIL_LINES = 10  # of what was said, in the note of an error that nobody expected
_verbose: ContextVar[bool] = ContextVar("verbose", default=False)


class Chatter:
    """What was said so far; nothing of it is kept where it is shown."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream = stream

    def lines(self, most: int) -> list[str]:
        """The last lines, stripped, without empty ones."""
        if self._stream is None:
            return []
        self._stream.seek(0)
        text = self._stream.read().decode(errors="replace")
        self._stream.seek(0, os.SEEK_END)
        return [line.strip() for line in text.splitlines() if line.strip()][-most:]

    def tail(self, lines: int = 3) -> str:
        """The last lines, joined by semicolons."""
        return "; ".join(self.lines(lines))


@contextlib.contextmanager
def verbose(on: bool = True) -> Iterator[None]:
    """``quiet`` hides nothing in this block, in this thread."""
    token = _verbose.set(on)
    try:
        yield
    finally:
        _verbose.reset(token)


@contextlib.contextmanager
def quiet() -> Iterator[Chatter]:
    """Hide warnings, stdout and native stderr in the block; gives the ``Chatter``. Not for several threads at once.

    An exception that leaves the block, but for ours, takes the last lines along, as its note. In ``verbose`` nothing is hidden, and what is
    printed to stdout goes to standard error: stdout holds results only.
    """
    if _verbose.get():
        with contextlib.redirect_stdout(sys.stderr):
            yield Chatter(None)
        return
    sys.stderr.flush()
    said = io.StringIO()
    with tempfile.TemporaryFile() as stream, warnings.catch_warnings(), contextlib.redirect_stdout(said):
        warnings.simplefilter("ignore")
        chatter = Chatter(stream)
        kept = os.dup(2)
        os.dup2(stream.fileno(), 2)
        try:
            yield chatter
        except MobilesegError:  # says itself what went wrong
            raise
        except Exception as error:
            sys.stderr.flush()
            printed = [line.strip() for line in said.getvalue().splitlines() if line.strip()]
            if last := [*printed[-TAIL_LINES:], *chatter.lines(TAIL_LINES)]:
                error.add_note("\n".join(["it said before:", *(f"  {line}" for line in last)]))
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
