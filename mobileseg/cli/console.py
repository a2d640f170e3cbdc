"""Where results and progress go."""

from __future__ import annotations

import math
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.cli import interrupt
from mobileseg.errors import RequestError, SizeError
from mobileseg.files import check_output

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 160  # columns


def results() -> Console:
    """Standard output; wide where it is no terminal, so that tables are not folded in files and pipes."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPE_WIDTH)


class Stages:
    """Progress on standard error, a line a stage, with the seconds since the start.

    Writes to a copy of file descriptor 2: the original is turned away while converters chatter.
    """

    def __init__(self) -> None:
        sys.stderr.flush()
        self._stream = os.fdopen(os.dup(2), "w", encoding="utf-8")
        self._began = time.monotonic()

    def __call__(self, stage: str) -> None:
        interrupt.check()
        self._stream.write(f"[{time.monotonic() - self._began:5.1f} s] {stage}\n")
        self._stream.flush()


def parse_size(text: str | None) -> tuple[int, int] | None:
    """``384x512`` -> (384, 512), height first; raises ``SizeError``."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,9})[xX×](\d{1,9})", text.strip())
    if match is None:
        raise SizeError(
            expected="a size as HxW, such as 384x512", found=repr(text), fix="give height and width in pixels"
        )
    return int(match.group(1)), int(match.group(2))


def json_path(name: str | None, force: bool) -> Path | None:
    """Where ``--json`` wants the figures; checked before anything is computed."""
    if name is None:
        return None
    path = Path(name)
    if path.is_dir():
        raise RequestError(expected="a file name for --json", found=f"{path} is a folder", fix="name a file in it")
    check_output(path, force)
    return path


def percent(ratio: float | None, digits: int = 2) -> str:
    """A ratio as a percentage, or "not measured"."""
    return "not measured" if ratio is None or math.isnan(ratio) else f"{100 * ratio:.{digits}f} %"


def decibel(value: float | None) -> str:
    """SQNR with its unit, or "not measured"."""
    return "not measured" if value is None else f"{value:.1f} dB"


def megabytes(size: int) -> str:
    """Bytes as MB of 10**6."""
    return f"{size / 1e6:.2f} MB"
