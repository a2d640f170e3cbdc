"""Runs the C++ runner under QEMU's user emulation, as if on an ARM core, in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mobileseg.call import call, last_lines
from mobileseg.errors import ArtifactError, EnvironmentLackError
from mobileseg.latency.emulation.build import CLOCK, clock, plugin
from mobileseg.latency.emulation.cores import EmulatedCore
from mobileseg.latency.runners import build, parts

QEMU = "qemu-aarch64"
TESTED = range(7, 9)
"""Major releases of QEMU with the plugin interface that counts.c uses; tested with 7.2."""

KIT, ROOT, COUNTS = "kit", "root", "counts.txt"
MODEL, READING = "model", "reading"  # the first words of the plugin's lines
TIMEOUT_S = 3600.0


def emulator_version() -> str:
    """QEMU's name and version. Raises ``EnvironmentLackError`` if it is missing, or has another plugin interface."""
    parts.require((*parts.EMULATOR, *parts.CROSS, *parts.PLUGIN), "emulating an ARM core")
    text = call([QEMU, "--version"], TIMEOUT_S).stdout
    match = re.search(r"version (\d+)\.(\S+)", text)
    if match is None or int(match.group(1)) not in TESTED:
        raise EnvironmentLackError(
            expected="qemu-user 7 or 8, with version 1 of the plugin interface",
            found=text.splitlines()[0] if text else "no answer",
            fix="install Debian 12's qemu-user (7.2)",
        )
    return f"qemu-user {match.group(1)}.{match.group(2)}"


@dataclass(frozen=True)
class Emulator:
    """An emulated ``core``. ``folder``: the working directory, with the runner, its inputs and its outputs."""

    core: EmulatedCore
    folder: Path

    def command(self, arguments: Sequence[str], counting: bool, reading: bool = False) -> list[str]:
        """The command line; ``reading``: with the clock that counts its readings.

        Paths are relative to ``folder``: a longer path would move the emulated stack and change the counts.
        """
        counter = f"{plugin()},out={COUNTS},l1={self.core.l1.text},l2={self.core.l2.text}"
        loader = [f"./{KIT}/{build.LOADER}", "--library-path", f"./{KIT}"]
        clocked = ["--preload", f"./{CLOCK}"] if reading else []
        counted = ["-plugin", counter] if counting else []
        machine = [QEMU, "-seed", "1", "-cpu", self.core.name, "-L", ROOT, *counted]
        return [*machine, *loader, *clocked, f"./{KIT}/{build.RUNNER}", *arguments]

    def count(self, arguments: Sequence[str]) -> list[dict[str, int]]:
        """Counts of one inference of each model in the runner's ``arguments``. Raises ``ArtifactError``, ``EnvironmentLackError``."""
        return [counts for kind, _, counts in self._run(arguments, reading=False) if kind == MODEL]

    def readings(self, arguments: Sequence[str]) -> dict[int, dict[str, int]]:
        """Counts from the beginning of one inference of a single model to each reading of its clock, which counts its readings: by their
        number. Raises as ``count``."""
        copy_in(clock(), self.folder, CLOCK)
        return {number: counts for kind, number, counts in self._run(arguments, reading=True) if kind == READING}

    def _run(self, arguments: Sequence[str], reading: bool) -> list[tuple[str, int, dict[str, int]]]:
        """Kind, number and counts of the plugin's lines, in their order."""
        nothing: dict[str, str] = {}  # the environment is on the emulated stack, too
        command = self.command(["--count", *arguments], counting=True, reading=reading)
        done = call(command, TIMEOUT_S, self.folder, nothing)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self._check(events, done.returncode, done.stderr)
        lines = (self.folder / COUNTS).read_text(encoding="utf-8").splitlines()
        return [(kind, int(number), _pairs(words)) for kind, number, *words in map(str.split, lines)]

    @staticmethod
    def _check(events: Sequence[dict[str, Any]], status: int, stderr: str) -> None:
        last = events[-1] if events else {"event": "nothing"}
        if last["event"] == "error":
            raise ArtifactError(expected=last["expected"], found=last["found"], fix=last["fix"])
        if status != 0 or last["event"] != "end":
            raise EnvironmentLackError(
                expected="the emulated runner to finish",
                found=last_lines(stderr) or f"status {status} after {last['event']!r}",
                fix="build the runner and try it by hand: make arm-runner",
            )


def _pairs(words: Sequence[str]) -> dict[str, int]:
    """``dot 12 ...`` as a dict."""
    return {name: int(value) for name, value in zip(words[::2], words[1::2], strict=True)}


@contextlib.contextmanager
def emulator(core: EmulatedCore) -> Iterator[Emulator]:
    """An emulator in a new folder, which is removed afterwards. Builds runner and plugin if needed. Raises ``EnvironmentLackError``."""
    emulator_version()
    kit = build.arm_runner()
    plugin()
    with tempfile.TemporaryDirectory(prefix="mobileseg-arm-") as name:
        folder = Path(name)
        (folder / KIT).symlink_to(kit)
        for path, text in core.files().items():
            target = folder / ROOT / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="ascii")
        yield Emulator(core, folder)


def copy_in(local: Path, folder: Path, name: str) -> str:
    """Copy a file into the emulator's folder; returns its name there."""
    shutil.copyfile(local, folder / name)
    return name
