"""The runner under QEMU's user emulation, on a modelled core: a folder to work in, and one process."""

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
from mobileseg.latency.emulation.build import plugin
from mobileseg.latency.emulation.cores import EmulatedCore
from mobileseg.latency.runners import build, parts

QEMU = "qemu-aarch64"
TESTED = range(7, 9)
"""Major releases whose plugin interface is the one that counts.c speaks; 7.2 is what was run."""

KIT, ROOT, COUNTS = "kit", "root", "counts.txt"
TIMEOUT_S = 3600.0


def emulator_version() -> str:
    """QEMU's version in its own words. Raises ``EnvironmentLackError`` where it is not here, or of another plugin interface."""
    parts.require((*parts.EMULATOR, *parts.CROSS, *parts.PLUGIN), "emulating an ARM core")
    text = call([QEMU, "--version"], TIMEOUT_S).stdout
    match = re.search(r"version (\d+)\.(\S+)", text)
    if match is None or int(match.group(1)) not in TESTED:
        raise EnvironmentLackError(
            expected="qemu-user 7 or 8, for the plugin interface of version 1",
            found=text.splitlines()[0] if text else "no answer",
            fix="use Debian 12's qemu-user (7.2)",
        )
    return f"qemu-user {match.group(1)}.{match.group(2)}"


@dataclass(frozen=True)
class Emulator:
    """``core`` on this machine. ``folder``: where the runner, the files that it reads and those that it writes are."""

    core: EmulatedCore
    folder: Path

    def command(self, arguments: Sequence[str], counting: bool) -> list[str]:
        """Paths are relative to ``folder``: where it is must not move the emulated stack, and with it the counts."""
        counter = f"{plugin()},out={COUNTS},l1={self.core.l1.text},l2={self.core.l2.text}"
        loader = [f"./{KIT}/{build.LOADER}", "--library-path", f"./{KIT}", f"./{KIT}/{build.RUNNER}"]
        counted = ["-plugin", counter] if counting else []
        return [QEMU, "-seed", "1", "-cpu", self.core.name, "-L", ROOT, *counted, *loader, *arguments]

    def count(self, arguments: Sequence[str]) -> list[dict[str, int]]:
        """Counts of one inference of each model that ``arguments`` name. Raises ``ArtifactError``, ``EnvironmentLackError``."""
        nothing: dict[str, str] = {}  # the environment is on the emulated stack as well
        done = call(self.command(["--count", *arguments], counting=True), TIMEOUT_S, self.folder, nothing)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self._check(events, done.returncode, done.stderr)
        lines = (self.folder / COUNTS).read_text(encoding="utf-8").splitlines()
        return [_pairs(line.split()) for line in lines]

    @staticmethod
    def _check(events: Sequence[dict[str, Any]], status: int, said: str) -> None:
        last = events[-1] if events else {"event": "nothing"}
        if last["event"] == "error":
            raise ArtifactError(expected=last["expected"], found=last["found"], fix=last["fix"])
        if status != 0 or last["event"] != "end":
            raise EnvironmentLackError(
                expected="the emulated runner to reach its end",
                found=last_lines(said) or f"status {status} after {last['event']!r}",
                fix="see whether the runner runs by hand: make arm-runner",
            )


def _pairs(words: Sequence[str]) -> dict[str, int]:
    """``model 0 dot 12 ...`` as a dict, without the model's number: lines come in their order."""
    found = {name: int(value) for name, value in zip(words[::2], words[1::2], strict=True)}
    found.pop("model")
    return found


@contextlib.contextmanager
def emulator(core: EmulatedCore) -> Iterator[Emulator]:
    """An emulator with an empty folder, which is removed afterwards. Builds what is not built yet. Raises ``EnvironmentLackError``."""
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


def bring(local: Path, folder: Path, name: str) -> str:
    """Copy a file into the emulator's folder; gives its name there."""
    shutil.copyfile(local, folder / name)
    return name
