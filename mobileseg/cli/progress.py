"""Progress on standard error: bars with the time left in a terminal, one plain line per stage elsewhere."""

from __future__ import annotations

import functools
import os
import sys
import time
from typing import IO, TYPE_CHECKING

from mobileseg.cli import interrupt, voice

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

REDRAW_S = 0.1


class Stages:
    """Called with each stage; ``count`` hears what ``mobileseg.progress`` counts.

    Writes to a copy of file descriptor 2, because the original is redirected while converters run. Nothing redraws by itself: a
    thread that did would disturb what is being measured.
    """

    def __init__(self, stream: IO[str] | None = None, terminal: bool | None = None) -> None:
        self._stream = stream
        self._terminal = terminal
        self._began = time.monotonic()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._seen: set[str] = set()
        self._drawn = 0.0

    def __call__(self, stage: str) -> None:
        """A new stage."""
        interrupt.check()
        if voice.level() is voice.Level.QUIET:
            return
        line = f"[{time.monotonic() - self._began:5.1f} s] {stage}"
        if self._bars is not None:
            self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
            return
        stream = self._open()
        stream.write(f"{line}\n")
        stream.flush()

    def count(self, task: str, done: int, total: int | None, unit: str) -> None:
        """``done`` of ``total``: a bar in a terminal, elsewhere a line when the task begins."""
        interrupt.check()
        if voice.level() is voice.Level.QUIET:
            return
        stream = self._open()
        if self._terminal:
            self._draw(task, done, total, unit)
        elif task not in self._seen:
            self(f"{task}{_amount(total, unit)}")
        self._seen.add(task)
        if total is not None and done >= total:
            self._seen.discard(task)
        stream.flush()

    def close(self) -> None:
        """Remove the bars."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
            self._tasks.clear()

    def _open(self) -> IO[str]:
        if self._stream is None:
            sys.stderr.flush()
            self._stream = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
        if self._terminal is None:
            self._terminal = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        return self._stream

    def _draw(self, task: str, done: int, total: int | None, unit: str) -> None:
        if self._bars is None:
            self._bars = _bars(self._open())
            self._bars.start()
        if task not in self._tasks:
            self._tasks[task] = self._bars.add_task(task, total=total, unit=unit, shown="")
        ended = total is not None and done >= total
        self._bars.update(self._tasks[task], completed=done, total=total, shown=_shown(done, total, unit))
        if ended:
            self._bars.remove_task(self._tasks.pop(task))
        now = time.monotonic()
        if ended or now - self._drawn >= REDRAW_S:
            self._drawn = now
            self._bars.refresh()
        if not self._tasks:
            self.close()


@functools.cache
def stages() -> Stages:
    """Where the command reports its progress."""
    return Stages()


def _bars(stream: IO[str]) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[shown]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("left", markup=False),
        console=Console(file=stream, force_terminal=True, highlight=False),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _shown(done: int, total: int | None, unit: str) -> str:
    of = "" if total is None else f" of {_number(total, unit)}"
    return f"{_number(done, unit)}{of} {'MB' if unit == 'B' else unit}".rstrip()


def _amount(total: int | None, unit: str) -> str:
    """``: 12 images``, where that is known."""
    return "" if total is None else f": {_number(total, unit)} {'MB' if unit == 'B' else unit}".rstrip()


def _number(value: int, unit: str) -> str:
    return f"{value / 1e6:.1f}" if unit == "B" else str(value)
