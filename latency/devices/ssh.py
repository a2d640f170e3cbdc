"""A 64-bit ARM board over ssh: .pte files in the C++ runner, .onnx files in the Python runner.

The Python runner uses the board's own onnxruntime if it is of the release that verified the file, else wheels that are copied there.
Tested with Debian's sshd in an emulated ARM userland, not yet on a real board; results say so.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.export.manifest import Manifest
from mobileseg.export.targets import TARGETS, TargetSpec
from mobileseg.export.versions import check_versions, installed, same_release
from mobileseg.latency.conditions import course, linux, parsers
from mobileseg.latency.conditions.identity import unit_of
from mobileseg.latency.conditions.sensors import Properties, Sensors
from mobileseg.latency.devices import lease
from mobileseg.latency.devices.kit import linked
from mobileseg.latency.devices.link import SshShell
from mobileseg.latency.devices.remote import (
    ARM_RUNNER,
    KIT,
    RemoteWorkspace,
    run_checked,
    run_script,
    wait_until_reachable,
    workspace,
)
from mobileseg.latency.devices.table import DEVICES, Found
from mobileseg.latency.runners import build, wheels
from mobileseg.latency.runners import python as runner
from mobileseg.registry import choose

PARENTS = ("/var/tmp", "/tmp")  # the first is on disk on most boards, the second often in memory
ARCHITECTURE = "aarch64"
MODULE = "runner"  # what the Python runner's folder is called on the board
PYTHON_RUNNER = ("env", f"PYTHONPATH={KIT}", "PYTHONDONTWRITEBYTECODE=1", "python3", "-m", MODULE)
BUSY_WINDOW_S = 0.5  # between two readings of /proc/stat
RETRY_S = 2.0
PROBE = "import numpy, onnxruntime; print(onnxruntime.__version__)"
PYTHON = "import sys; print(*sys.version_info[:2], sep=chr(46))"


class Ssh:
    """``argument``: ``[USER@]HOST[:PORT]``; a host may be a name from ssh's configuration.

    Raises ``RequestError``, ``EnvironmentLackError`` for another architecture, and the errors of ``link.connection_error``.
    """

    quantity: Final[Literal["time"]] = "time"
    tested_on: str | None = DEVICES["ssh"].tested_on

    def __init__(self, argument: str) -> None:
        self._asked = argument
        self._shell = SshShell(argument)
        self._leftovers: set[str] = set()
        self._targets: set[str] = set()
        self._onnxruntime: str | None = None  # the version that will run, the board's own or a copied one
        self._wheels: tuple[Path, ...] = ()
        found = run_checked(self._shell, "uname -sm", "the system and its architecture").strip()
        if found != f"Linux {ARCHITECTURE}":
            raise EnvironmentLackError(
                expected=f"Linux on 64-bit ARM (Linux {ARCHITECTURE})",
                found=f"{argument}, {found}",
                fix="use a 64-bit ARM board; on any other computer, install mobileseg there and measure with --device host",
            )

    @property
    def name(self) -> str:
        """``ssh:`` and the argument."""
        return f"ssh:{self._asked}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The argument, and the host's name in it."""
        return (self._asked, self._shell.host, self._shell.host.rpartition("@")[2])

    def properties(self) -> Properties:
        """From /proc and /sys."""
        texts = self._listing(linux.PROPERTIES, {"/pagesize": "getconf PAGESIZE"})
        serial = parsers.serial(texts)
        return Properties(
            model=texts.get("/proc/device-tree/model") or texts.get("/sys/class/dmi/id/product_name"),
            soc=parsers.processor_name(texts.get("/proc/cpuinfo", "")),
            os=parsers.os_name(texts) or "Linux",
            kernel=texts.get("/proc/sys/kernel/osrelease"),
            architecture=ARCHITECTURE,
            cores=parsers.cores(texts),
            memory_kb=parsers.memory_kb(texts),
            features=parsers.features(texts.get("/proc/cpuinfo", "")),
            unit=None if serial is None else unit_of(serial),
            page_kb=parsers.page_kb(texts),
        )

    def sensors(self) -> Sensors:
        """From /proc and /sys, over ``BUSY_WINDOW_S`` seconds."""
        before = self._numbers(("/proc/stat",))
        time.sleep(BUSY_WINDOW_S)
        return parsers.sensors(before, self._numbers(linux.SENSORS))

    def watch(self, cores: Sequence[int]) -> tuple[course.Watched, ...]:
        """Files of /proc and /sys."""
        return course.choose(self._numbers(linux.SENSORS), cores)

    def _listing(self, files: tuple[str, ...], commands: Mapping[str, str]) -> dict[str, str]:
        return linux.parse_listing(run_script(self._shell, linux.script(files, commands)).text)

    def _numbers(self, files: tuple[str, ...]) -> dict[str, str]:
        return linux.parse_numbers(run_script(self._shell, linux.numbers_script(files)).text)

    def check_manifest(self, manifest: Manifest) -> None:
        """Raise ``RequestError`` for targets that do not run on boards, ``EnvironmentLackError`` if the board lacks the runtime."""
        target = choose(TARGETS, manifest.target, "target")
        file = manifest.artifact.file
        if target.name not in ("executorch", "onnx"):
            raise RequestError(
                expected=".pte or .onnx files for a board",
                found=f"{file}, {target.title}: it does not run on Linux",
                fix="export it with --target executorch or --target onnx",
            )
        if len(self._targets | {target.name}) > 1:
            raise RequestError(
                expected="either .pte or .onnx files",
                found="both: on a board they run in different programs, which cannot take turns in one process",
                fix="measure them separately",
            )
        if target.name == "onnx":
            self._check_onnx(target, manifest)
        else:
            check_versions(manifest, target, file)
        self._targets.add(target.name)

    def _check_onnx(self, target: TargetSpec, manifest: Manifest) -> None:
        if self._onnxruntime is None:
            wanted = manifest.versions.get("onnxruntime") or installed().get("onnxruntime")
            self._onnxruntime = self._choose_onnxruntime(wanted)
        check_versions(manifest, target, manifest.artifact.file, self._onnxruntime)

    def _choose_onnxruntime(self, wanted: str | None) -> str:
        """The version that will run: the board's own if it is of the wanted release, else the wanted one, whose wheels are fetched."""
        status, text = run_script(self._shell, f"python3 -c {shlex.quote(PROBE)}")
        own = text.strip().splitlines()[-1] if status == 0 and text.strip() else None
        if own is not None and (wanted is None or same_release(own, wanted)):
            return own
        if wanted is None:
            raise EnvironmentLackError(
                expected=f"onnxruntime and numpy for python3 on {self._shell.host}",
                found="neither of them, and the manifest names no release to copy there",
                fix="on the board: python3 -m pip install onnxruntime numpy",
            )
        self._wheels = wheels.onnxruntime(wanted, self._python())
        return wanted

    def _python(self) -> str:
        """The board's Python version, such as ``3.11``. Raises ``EnvironmentLackError`` if there is none."""
        status, text = run_script(self._shell, f"python3 -c {shlex.quote(PYTHON)}")
        answer = text.strip().splitlines()[-1:] or [f"status {status}"]
        if status != 0 or not re.fullmatch(r"3\.\d+", answer[0]):
            raise EnvironmentLackError(
                expected=f"python3 on {self._shell.host}, for ONNX Runtime",
                found=answer[0],
                fix="install it there (Debian: apt-get install python3), or export the file with --target executorch",
            )
        return answer[0]

    def gives_outputs(self, manifest: Manifest) -> bool:
        """Always."""
        del manifest
        return True

    @contextlib.contextmanager
    def workspace(self) -> Iterator[RemoteWorkspace]:
        """A new folder with the runner in it, and the wheels that it needs."""
        if "onnx" in self._targets:
            folder = Path(runner.__file__).parent
            made = workspace(
                self._shell,
                PARENTS,
                lambda space: space.push(folder, f"{KIT}/{MODULE}"),
                PYTHON_RUNNER,
                self._leftovers,
            )
        else:
            made = workspace(self._shell, PARENTS, linked(build.arm_runner()), ARM_RUNNER, self._leftovers)
        with made as space:
            for wheel in self._wheels:
                there, target = shlex.quote(space.push(wheel, f"{KIT}/{wheel.name}")), shlex.quote(space.path(KIT))
                unpack = f"python3 -m zipfile -e {there} {target} && rm {there}"
                run_checked(self._shell, unpack, f"to unpack {wheel.name} on {self._shell.host}")
            yield space

    def lease(self, progress: Callable[[str], None]) -> contextlib.AbstractContextManager[None]:
        """A file in the board's folder for temporary files, which is the same for all of its users."""
        del progress
        return lease.lease(self._shell, PARENTS[1], self.name)

    def reconnect(self, seconds: float) -> bool:
        """Wait up to ``seconds`` until the board accepts a connection again."""
        return wait_until_reachable(self._shell.connect, seconds, RETRY_S)


def find() -> list[Found]:
    """Always empty: boards are not discovered, only named."""
    return []
