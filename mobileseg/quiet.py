"""Other people's chatter, kept off the user's screen and kept for the error message.

Converters print progress bars, version warnings and C++ log lines that nobody can act on. Inside ``quiet`` file descriptor 2
and Python's stdout go to a temporary file; what a native library said last is there when its call fails.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from typing import IO


class Chatter:
    """What was said so far."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def tail(self, lines: int = 3) -> str:
        """The last lines, joined by semicolons."""
        self._stream.seek(0)
        text = self._stream.read().decode(errors="replace")
        self._stream.seek(0, os.SEEK_END)
        return "; ".join(line.strip() for line in text.splitlines()[-lines:] if line.strip())


@contextlib.contextmanager
def quiet() -> Iterator[Chatter]:
    """Silence warnings, stdout and native stderr in the block; gives the ``Chatter``. Not for several threads at once."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as stream, warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        kept = os.dup(2)
        os.dup2(stream.fileno(), 2)
        try:
            yield Chatter(stream)
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
