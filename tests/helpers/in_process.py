"""The command line in the process of the test: a fiftieth of the time of a command of its own, where it is refused at once."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from mobileseg.cli import entry, voice
from mobileseg.cli.progress import stages


class Said(NamedTuple):
    """What a command returned and wrote."""

    code: int
    out: str
    err: str


def call(captured: pytest.CaptureFixture[str], *arguments: object) -> Said:
    """Run ``mobileseg`` with these arguments. ``captured``: the fixture ``capfd``."""
    voice.set_level(voice.Level.NORMAL)
    voice._voice.json_on_stdout = False  # a command has a process of its own, and never takes it back
    stages.cache_clear()  # it holds the standard error of the first command
    captured.readouterr()
    code = entry.run([str(argument) for argument in arguments])
    return Said(code, *captured.readouterr())
