"""A phone over adb: the C++ runner in a folder below /data/local/tmp; temperature, battery and screen as Android reports them.

Tested with Debian's adbd in an emulated ARM userland, not yet on a real phone; results say so.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.export.manifest import Manifest
from mobileseg.export.targets import TARGETS
from mobileseg.export.versions import check_versions
from mobileseg.latency.conditions import linux
from mobileseg.latency.conditions.sensors import Properties, Sensors
from mobileseg.latency.devices import adb_server, android
from mobileseg.latency.devices.contract import DeviceError, DeviceLostError, RunnerFailedError
from mobileseg.latency.devices.remote import (
    ARM_RUNNER,
    RemoteWorkspace,
    run_checked,
    run_script,
    wait_until_reachable,
    workspace,
)
from mobileseg.latency.devices.table import Found
from mobileseg.latency.runners import build
from mobileseg.registry import choose

if TYPE_CHECKING:
    from adbutils import AdbDevice

PARENT = "/data/local/tmp"
ARCHITECTURE = "aarch64"
TARGET = "executorch"
BUSY_WINDOW_S = 0.5  # between two readings of /proc/stat
RETRY_S = 1.0
SILENCE_S = 15.0  # without output, after which the connection is checked
CHUNK = 65536


class Adb:
    """``argument``: a serial or ``HOST:PORT``; None for the only device. ``shell``: the connection to it.

    Raises ``DeviceError`` (see ``adb_server.choose``), ``MissingExtraError``, ``EnvironmentLackError`` for another architecture.
    """

    quantity: Final[Literal["time"]] = "time"

    def __init__(self, argument: str | None = None) -> None:
        self._server = adb_server.client()
        self._serial = adb_server.connect(self._server, argument)
        self.shell = AdbShell(self._server.device(self._serial))
        self._leftovers: set[str] = set()
        found = run_checked(self.shell, "uname -m", "the processor's architecture").strip()
        if found != ARCHITECTURE:
            raise EnvironmentLackError(
                expected=f"a phone with a 64-bit ARM kernel ({ARCHITECTURE})",
                found=f"{self._serial}, {found}",
                fix="use a 64-bit ARM phone; times on an emulated phone of another architecture mean nothing",
            )

    @property
    def name(self) -> str:
        """``adb:SERIAL``."""
        return f"adb:{self._serial}"

    def properties(self) -> Properties:
        """From getprop and /proc."""
        return android.properties(self._listing(linux.PROPERTIES, android.PROPERTIES))

    def sensors(self) -> Sensors:
        """From dumpsys, /proc and /sys, over ``BUSY_WINDOW_S`` seconds."""
        before = self._listing(("/proc/stat",), {})
        time.sleep(BUSY_WINDOW_S)
        return android.sensors(before, self._listing(linux.SENSORS, android.SENSORS))

    def _listing(self, files: tuple[str, ...], commands: Mapping[str, str]) -> dict[str, str]:
        return linux.parse_listing(
            run_script(self.shell, android.script(files, commands)).text
        )  # some commands may fail

    def check_manifest(self, manifest: Manifest) -> None:
        """Raise ``RequestError`` for files that need an app or another system, ``EnvironmentLackError`` for another runtime version."""
        target = choose(TARGETS, manifest.target, "target")
        if target.name == "onnx":
            raise RequestError(
                expected="a .pte for a phone over adb",
                found=f"{manifest.artifact.file}, {target.title}: not measured in a phone's shell, because ONNX Runtime for Android "
                "exists only as a library for apps",
                fix="add --in-app, measure it on an ARM board (--device ssh:HOST), or export it with --target executorch",
            )
        if target.name != TARGET:
            raise RequestError(
                expected="a .pte for a phone over adb",
                found=f"{manifest.artifact.file}, {target.title}: it does not run on Android",
                fix="export it with --target executorch",
            )
        check_versions(manifest, target, manifest.artifact.file)

    def workspace(self) -> AbstractContextManager[RemoteWorkspace]:
        """A folder below ``PARENT`` with the runner in it."""
        return workspace(self.shell, (PARENT,), build.arm_runner(), ARM_RUNNER, self._leftovers)

    def reconnect(self, seconds: float) -> bool:
        """Wait up to ``seconds`` until the adb server lists the device as ready again."""

        def reach() -> None:
            self._server = adb_server.client()
            adb_server.connect(self._server, self._serial)

        return wait_until_reachable(reach, seconds, RETRY_S, (DeviceError, RequestError))


class AdbShell:
    """A ``Shell`` over adb's ``exec:`` service, which has no terminal: output arrives byte for byte (Android 5 and newer)."""

    def __init__(self, device: AdbDevice) -> None:
        self._device = device

    def stream(self, script: str) -> Generator[bytes, None, None]:
        """See ``Shell``. Raises ``DeviceLostError`` if the device is gone, or is silent and does not answer."""
        from adbutils.errors import AdbError

        try:
            connection = self._device.open_transport(timeout=SILENCE_S)
            with connection:
                connection.send_command(f"exec:{script}")
                connection.check_okay()
                while True:
                    try:
                        chunk = connection.conn.recv(CHUNK)
                    except TimeoutError:
                        if not self._answers():
                            return
                        continue
                    if not chunk:
                        return
                    yield chunk
        except (AdbError, OSError) as error:
            raise self._lost(str(error)) from error

    def send(self, local: Path, remote: str) -> None:
        """See ``Shell``; by adb's sync protocol."""
        from adbutils.errors import AdbError

        try:
            self._device.sync.push(local, remote)
        except (AdbError, OSError, AssertionError, EOFError) as error:
            raise self._failed(f"to write {local.name} to the device", str(error)) from error

    def fetch(self, remote: str, local: Path) -> None:
        """See ``Shell``; by adb's sync protocol."""
        from adbutils.errors import AdbError

        try:
            self._device.sync.pull_file(remote, local)
        except (AdbError, OSError, AssertionError, EOFError) as error:
            raise self._failed(f"to read {remote} from the device", str(error)) from error

    def failure(self) -> DeviceError:
        """See ``Shell``."""
        return self._failed("the device's shell to finish", "it was cut off", RunnerFailedError)

    def _failed(self, expected: str, found: str, kind: type[DeviceError] = DeviceError) -> DeviceError:
        if not self._answers():
            return self._lost(found)
        return kind(expected=expected, found=found or "no reason was given", fix="try again, then check adb logcat")

    def _lost(self, found: str) -> DeviceLostError:
        return DeviceLostError(
            expected=f"{self._device.serial} to stay connected", found=found or "it is gone", fix="reconnect it"
        )

    def _answers(self) -> bool:
        """Whether a new connection to its shell echoes a word."""
        from adbutils.errors import AdbError

        try:
            with self._device.open_transport(timeout=SILENCE_S) as connection:
                connection.send_command(f"exec:echo {shlex.quote(PARENT)}")
                connection.check_okay()
                return bool(connection.read_exact(len(PARENT)) == PARENT.encode())
        except (AdbError, OSError, EOFError):
            return False


def find() -> list[Found]:
    """The devices that the adb server lists; the server is not started for this."""
    try:
        devices = adb_server.listed(adb_server.client(start=False))
    except EnvironmentLackError as error:
        return [Found("adb", "not ready", f"{error.found}: {error.fix}")]
    if not devices:
        return [Found("adb", "not ready", "the adb server has no device")]
    return [
        Found(f"adb:{serial}", "not ready" if why else "ready", why or "a device over adb; runs .pte")
        for serial, why in adb_server.summary(devices)
    ]
