"""The machine this runs on. Artifacts run in the Python runner, in a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.manifest import Manifest
from mobileseg.export.targets import TARGETS
from mobileseg.export.versions import check_versions
from mobileseg.latency.conditions import linux, parsers
from mobileseg.latency.conditions.sensors import Core, Properties, Sensors
from mobileseg.latency.devices.contract import RunnerFailedError
from mobileseg.latency.devices.table import Found
from mobileseg.registry import choose

RUNNER = (sys.executable, "-m", "mobileseg.latency.runners.python")
LOOK_S = 0.5  # between two readings of the processor's time
END_S = 5.0  # that a runner gets to end when it is told to
LAST_LINES = 3


class Host:
    """``root``: where /proc and /sys are."""

    name: Final = "host"
    gives: Final[Literal["time"]] = "time"

    def __init__(self, argument: str | None = None, root: Path = Path("/")) -> None:
        del argument
        self._root = root

    def properties(self) -> Properties:
        """As the system names them."""
        texts = linux.read_here(linux.PROPERTIES, self._root)
        cores = parsers.cores(texts) or tuple(Core(number=n) for n in range(os.cpu_count() or 1))
        return Properties(
            model=texts.get("/sys/class/dmi/id/product_name") or texts.get("/proc/device-tree/model"),
            soc=parsers.processor_name(texts.get("/proc/cpuinfo", "")) or platform.processor() or None,
            os=parsers.os_name(texts) or f"{platform.system()} {platform.release()}",
            kernel=texts.get("/proc/sys/kernel/osrelease") or platform.release(),
            architecture=platform.machine(),
            cores=cores,
            memory_kb=parsers.memory_kb(texts),
        )

    def sensors(self) -> Sensors:
        """Half a second's look."""
        before = linux.read_here(linux.SENSORS, self._root)
        time.sleep(LOOK_S)
        return parsers.sensors(before, linux.read_here(linux.SENSORS, self._root))

    def accepts(self, manifest: Manifest) -> None:
        """Raises ``EnvironmentLackError`` where the file's runtime is not here, or another release of it."""
        target = choose(TARGETS, manifest.target, "target")
        if target.interpreted:
            raise EnvironmentLackError(
                expected="macOS for a Core ML file",
                found=f"{manifest.artifact.file} on {platform.system()}, where an interpreter evaluates it: its times say nothing",
                fix="measure it on a Mac",
            )
        target.require(target.runtime_packages, f"running {target.suffix} files")
        check_versions(manifest, target, manifest.artifact.file)

    @contextlib.contextmanager
    def workspace(self) -> Iterator[HostWorkspace]:
        """A temporary folder."""
        with tempfile.TemporaryDirectory(prefix="mobileseg-latency-") as folder:
            yield HostWorkspace(Path(folder))

    def returns(self, seconds: float) -> bool:
        """It was never away."""
        del seconds
        return True


class HostWorkspace:
    """Files stay where they are: nothing is copied on one machine."""

    def __init__(self, folder: Path, command: Sequence[str] = RUNNER) -> None:
        self._folder, self._command = folder, command

    def push(self, local: Path, name: str) -> str:
        """The file's own path."""
        del name
        return str(local.resolve())

    def path(self, name: str) -> str:
        """In the temporary folder."""
        return str(self._folder / name)

    def pull(self, name: str, local: Path) -> None:
        """Copy it out."""
        shutil.copyfile(self._folder / name, local)

    def run(self, arguments: Sequence[str]) -> Generator[str, None, None]:
        """In a session of its own: Ctrl-C comes to us, and we end it."""
        with (self._folder / "stderr").open("w+b") as chatter:
            process = subprocess.Popen(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=chatter, text=True, start_new_session=True,
            )  # fmt: skip
            assert process.stdout is not None
            try:
                yield from process.stdout
                status = process.wait()
            finally:
                _end(process)
            if status != 0:
                chatter.seek(0)
                last = chatter.read().decode(errors="replace").strip().splitlines()[-LAST_LINES:]
                raise RunnerFailedError(
                    expected="the runner to finish",
                    found="; ".join([_died(status), *last]),
                    fix="killed: is there memory enough? otherwise report it with the file's name",
                )


def _died(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return f"it was ended by signal {-status} ({signal.strsignal(-status)})"


def _end(process: subprocess.Popen[str]) -> None:
    """Politely, then not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def find() -> list[Found]:
    """This machine, ready where any runtime is installed."""
    runtimes = [t for t in TARGETS.values() if t.name != "coreml" or sys.platform == "darwin"]
    here = [t.suffix for t in runtimes if all(importlib.util.find_spec(p) for p in t.runtime_packages)]
    if here:
        return [Found("host", "ready", f"{Host().properties().summary}; runs {', '.join(here)}")]
    extras = ",".join(t.extra for t in runtimes)
    return [Found("host", "not ready", f"no runtime is installed: pip install 'mobileseg[{extras}]'")]
