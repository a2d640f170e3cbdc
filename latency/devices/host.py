"""This machine. Artifacts run in the Python runner, in a process of its own."""

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
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Literal

from mobileseg.errors import EnvironmentLackError
from mobileseg.export.manifest import Manifest
from mobileseg.export.targets import TARGETS
from mobileseg.export.versions import check_versions
from mobileseg.latency.conditions import course, linux, parsers
from mobileseg.latency.conditions.identity import unit_of
from mobileseg.latency.conditions.sensors import Core, Properties, Sensors
from mobileseg.latency.devices import machine
from mobileseg.latency.devices.contract import RunnerFailedError
from mobileseg.latency.devices.table import Found
from mobileseg.registry import choose

RUNNER = (sys.executable, "-m", "mobileseg.latency.runners.python")
BUSY_WINDOW_S = 0.5  # between two readings of /proc/stat
TERMINATE_S = 5.0  # between SIGTERM and SIGKILL
LAST_LINES = 3  # of standard error that go into an error


class Host:
    """This machine. ``argument``: None, as ``host`` takes none; ``root``: the folder with proc and sys, for tests."""

    name: Final = "host"
    secrets: Final[tuple[str, ...]] = ()
    tested_on: Final = None
    quantity: Final[Literal["time"]] = "time"

    def __init__(self, argument: str | None = None, root: Path = Path("/")) -> None:
        del argument
        self._root = root

    def properties(self) -> Properties:
        """From /proc, /sys and Python's platform module."""
        texts = linux.read_here(linux.PROPERTIES, self._root)
        serial = parsers.serial(texts)
        cores = parsers.cores(texts) or tuple(Core(number=n) for n in range(os.cpu_count() or 1))
        return Properties(
            model=texts.get("/sys/class/dmi/id/product_name") or texts.get("/proc/device-tree/model"),
            soc=parsers.processor_name(texts.get("/proc/cpuinfo", "")) or platform.processor() or None,
            os=parsers.os_name(texts) or f"{platform.system()} {platform.release()}",
            kernel=texts.get("/proc/sys/kernel/osrelease") or platform.release(),
            architecture=platform.machine(),
            cores=cores,
            memory_kb=parsers.memory_kb(texts),
            features=parsers.features(texts.get("/proc/cpuinfo", "")),
            unit=None if serial is None else unit_of(serial),
            page_kb=os.sysconf("SC_PAGESIZE") // 1024 if hasattr(os, "sysconf") else None,
        )

    def watch(self, cores: Sequence[int]) -> tuple[course.Watched, ...]:
        """Files of /proc and /sys."""
        return course.choose(linux.read_here(linux.SENSORS, self._root), cores)

    def sensors(self) -> Sensors:
        """From /proc and /sys, over ``BUSY_WINDOW_S`` seconds."""
        before = linux.read_here(linux.SENSORS, self._root)
        time.sleep(BUSY_WINDOW_S)
        return parsers.sensors(before, linux.read_here(linux.SENSORS, self._root))

    def check_manifest(self, manifest: Manifest) -> None:
        """Raise ``EnvironmentLackError`` if the file's runtime is not installed, or in another release."""
        target = choose(TARGETS, manifest.target, "target")
        if target.interpreted:
            raise EnvironmentLackError(
                expected="macOS for a Core ML file",
                found=f"{manifest.artifact.file} on {platform.system()}, where only an interpreter runs it: its times mean nothing",
                fix="measure it on a Mac",
            )
        target.require(target.runtime_packages, f"running {target.suffix} files")
        check_versions(manifest, target, manifest.artifact.file)

    def gives_outputs(self, manifest: Manifest) -> bool:
        """Always."""
        del manifest
        return True

    @contextlib.contextmanager
    def workspace(self) -> Iterator[HostWorkspace]:
        """A temporary folder."""
        with tempfile.TemporaryDirectory(prefix="mobileseg-latency-") as folder:
            yield HostWorkspace(Path(folder))

    def lease(self, progress: Callable[[str], None]) -> AbstractContextManager[None]:
        """Measurements on this machine, and the exports of a sweep, wait for each other."""
        return machine.alone(lambda: progress("waiting for other work of mobileseg on this machine"))

    def reconnect(self, seconds: float) -> bool:
        """Always True: this machine is not lost."""
        del seconds
        return True


class HostWorkspace:
    """A temporary folder on this machine. Pushed files are used in place. ``command``: starts the runner."""

    def __init__(self, folder: Path, command: Sequence[str] = RUNNER) -> None:
        self._folder, self._command = folder, command

    def push(self, local: Path, name: str) -> str:
        """The file's own absolute path; nothing is copied."""
        del name
        return str(local.resolve())

    def path(self, name: str) -> str:
        """The path of ``name`` in the temporary folder."""
        return str(self._folder / name)

    def pull(self, name: str, local: Path) -> None:
        """Copy a file out of the temporary folder."""
        shutil.copyfile(self._folder / name, local)

    def run(self, arguments: Sequence[str]) -> Generator[str, None, None]:
        """See ``Workspace``. The runner gets a session of its own, so that Ctrl-C reaches only us, and we end it."""
        with (self._folder / "stderr").open("w+b") as stderr:
            process = subprocess.Popen(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True,
            )  # fmt: skip
            assert process.stdout is not None
            try:
                yield from process.stdout
                status = process.wait()
            finally:
                _end(process)
            if status != 0:
                stderr.seek(0)
                last = stderr.read().decode(errors="replace").strip().splitlines()[-LAST_LINES:]
                raise RunnerFailedError(
                    expected="the runner to finish",
                    found="; ".join([_exit_reason(status), *last]),
                    fix="if it was killed, check that there is enough memory; otherwise report it with the file's name",
                )


def _exit_reason(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return f"ended by signal {-status} ({signal.strsignal(-status)})"


def _end(process: subprocess.Popen[str]) -> None:
    """SIGTERM, then SIGKILL."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(TERMINATE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def find() -> list[Found]:
    """This machine, ready if any runtime is installed."""
    runtimes = [t for t in TARGETS.values() if t.name != "coreml" or sys.platform == "darwin"]
    here = [t.suffix for t in runtimes if all(importlib.util.find_spec(p) for p in t.runtime_packages)]
    if here:
        return [Found("host", "ready", f"{Host().properties().summary}; runs {', '.join(here)}")]
    extras = ",".join(t.extra for t in runtimes)
    return [Found("host", "not ready", f"no runtime is installed: pip install 'mobileseg[{extras}]'")]
