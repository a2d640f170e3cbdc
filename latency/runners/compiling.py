"""Builds are cached by their inputs; a compiler that fails is quoted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mobileseg.call import call, last_lines
from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.runners import cache

RECORD = "built.json"
"""A file in every folder that is built: its inputs."""

TIMEOUT_S = 900.0


def built(name: str, inputs: Mapping[str, str], make: Callable[[Path], None]) -> Path:
    """The folder built from ``inputs`` (name to version or digest); ``make`` fills it if it is not in the cache."""
    text = json.dumps(dict(inputs), indent=1) + "\n"

    def make_and_record(folder: Path) -> None:
        make(folder)
        (folder / RECORD).write_text(text, encoding="utf-8")

    return cache.once(f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}", make_and_record)


def record(folder: Path) -> dict[str, str]:
    """The inputs of a folder that ``built`` returned."""
    inputs: dict[str, str] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return inputs


def compiler(command: str) -> str:
    """The compiler's name and version, such as ``g++ (Debian 12.2.0-14) 12.2.0``. Raises ``EnvironmentLackError``."""
    return run([command, "--version"], f"{command} to say its version").partition("\n")[0]


def run(command: Sequence[str], expected: str) -> str:
    """The standard output of ``command``. Raises ``EnvironmentLackError`` with ``expected`` and the last lines of its output if it
    fails."""
    done = call(command, TIMEOUT_S)
    if done.returncode != 0:
        raise EnvironmentLackError(
            expected=expected,
            found=last_lines(done.stderr or done.stdout) or f"exit status {done.returncode}",
            fix=f"run it by hand: {' '.join(command)}",
        )
    return done.stdout
