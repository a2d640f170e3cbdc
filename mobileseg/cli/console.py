"""Where results go, and how figures are written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import typer

from mobileseg.cli import voice
from mobileseg.cli.options import parse_size
from mobileseg.cli.progress import stages

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["decibel", "megabytes", "parse_size", "percent", "results", "say"]
PIPE_WIDTH = 160  # columns


def results() -> Console:
    """For tables: standard output, or standard error where JSON has that. Wide where it is no terminal, so that tables are not
    folded in files and pipes."""
    from rich.console import Console

    stages().close()
    console = Console(highlight=False, stderr=voice.json_on_stdout())
    if console.is_terminal:
        return console
    return Console(highlight=False, stderr=voice.json_on_stdout(), width=PIPE_WIDTH)


def say(text: str = "") -> None:
    """A line of the result, to where ``results`` goes. Without rich, whose import takes as long as all of `list`."""
    stages().close()
    typer.echo(text, err=voice.json_on_stdout())


def percent(ratio: float | None, digits: int = 2) -> str:
    """A ratio as a percentage, or "not measured"."""
    return "not measured" if ratio is None or math.isnan(ratio) else f"{100 * ratio:.{digits}f} %"


def decibel(value: float | None) -> str:
    """SQNR with its unit, or "not measured"."""
    return "not measured" if value is None else f"{value:.1f} dB"


def megabytes(size: int) -> str:
    """Bytes as MB of 10**6."""
    return f"{size / 1e6:.2f} MB"
