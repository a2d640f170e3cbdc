"""A phone over adb: the C++ runner in a folder below /data/local/tmp, Android's own word on temperature, battery and screen.

Tried with Debian's adbd in an emulated ARM userland. It has not run on a real phone yet, and results say so.
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
from mobileseg.latency.devices.remote import ARM_RUNNER, RemoteWorkspace, ask, comes_back, must, workspace
from mobileseg.latency.devices.table import Found
from mobileseg.latency.runners import build
from mobileseg.registry import choose

if TYPE_CHECKING:
    from adbutils import AdbDevice

PARENT = "/data/local/tmp"
ARCHITECTURE = "aarch64"
RUNS = "executorch"
LOOK_S = 0.5  # between two readings of the processor's time
LOOK_AGAIN_S = 1.0
QUIET_S = 15.0  # without a word, after which the device is asked whether it is there
CHUNK = 65536


class Adb:
    """``argument``: a serial, or ``HOST:PORT``; None where there is one device only. ``shell``: the connection to it."""

    gives: Final[Literal["time"]] = "time"

    def __init__(self, argument: str | None = None) -> None:
        self._server = adb_server.client()
        self._serial = adb_server.connect(self._server, argument)
        self.shell = AdbShell(self._server.device(self._serial))
        self._left: set[str] = set()
        found = must(self.shell, "uname -m", "the processor's architecture").strip()
        if found != ARCHITECTURE:
            raise EnvironmentLackError(
                expected=f"a phone with a 64-bit ARM kernel ({ARCHITECTURE})",
                found=f"{self._serial}, {found}",
                fix="measure on another one; on emulated phones of other processors times say nothing",
            )

    @property
    def name(self) -> str:
        """``adb:SERIAL``."""
        return f"adb:{self._serial}"

    def properties(self) -> Properties:
        """As getprop and /proc name them."""
        return android.properties(self._listing(linux.PROPERTIES, android.PROPERTIES))

    def sensors(self) -> Sensors:
        """Half a second's look."""
        before = self._listing(("/proc/stat",), {})
        time.sleep(LOOK_S)
        return android.sensors(before, self._listing(linux.SENSORS, android.SENSORS))

    def _listing(self, files: tuple[str, ...], commands: Mapping[str, str]) -> dict[str, str]:
        return linux.parse_listing(ask(self.shell, android.script(files, commands)).text)

    def accepts(self, manifest: Manifest) -> None:
        """Raises ``RequestError`` for what no program on a phone runs outside of an app."""
        target = choose(TARGETS, manifest.target, "target")
        if target.name == "onnx":
            raise RequestError(
                expected="a .pte for a phone over adb",
                found=f"{manifest.artifact.file}, {target.title}: not measured on phones, because ONNX Runtime comes to them inside "
                "of apps alone and has no program that runs from a shell",
                fix="measure it on an ARM board (--device ssh:HOST), or export it with --target executorch",
            )
        if target.name != RUNS:
            raise RequestError(
                expected="a .pte for a phone over adb",
                found=f"{manifest.artifact.file}, {target.title}: it does not run on Android",
                fix="export it with --target executorch",
            )
        check_versions(manifest, target, manifest.artifact.file)

    def workspace(self) -> AbstractContextManager[RemoteWorkspace]:
        """A folder below ``PARENT`` with the runner in it."""
        return workspace(self.shell, (PARENT,), build.arm_runner(), ARM_RUNNER, self._left)

    def returns(self, seconds: float) -> bool:
        """Whether the server has it again, ready, within that time."""

        def reach() -> None:
            self._server = adb_server.client()
            adb_server.connect(self._server, self._serial)

        return comes_back(reach, seconds, LOOK_AGAIN_S, (DeviceError, RequestError))


class AdbShell:
    """``exec:`` services, which are no terminals: bytes arrive as they are, on every Android since 5."""

    def __init__(self, device: AdbDevice) -> None:
        self._device = device

    def stream(self, script: str) -> Generator[bytes, None, None]:
        """Raises ``DeviceLostError`` where the server does not find the device, or the device is silent and does not answer."""
        from adbutils.errors import AdbError

        try:
            connection = self._device.open_transport(timeout=QUIET_S)
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
        """By adb's sync protocol."""
        from adbutils.errors import AdbError

        try:
            self._device.sync.push(local, remote)
        except (AdbError, OSError, AssertionError, EOFError) as error:
            raise self._failed(f"{local.name} to be written on the device", str(error)) from error

    def fetch(self, remote: str, local: Path) -> None:
        """By adb's sync protocol."""
        from adbutils.errors import AdbError

        try:
            self._device.sync.pull_file(remote, local)
        except (AdbError, OSError, AssertionError, EOFError) as error:
            raise self._failed(f"{remote} from the device", str(error)) from error

    def broken(self) -> DeviceError:
        """Lost, or there and its shell ended."""
        return self._failed("the device's shell to finish", "it was cut off", RunnerFailedError)

    def _failed(self, expected: str, found: str, kind: type[DeviceError] = DeviceError) -> DeviceError:
        if not self._answers():
            return self._lost(found)
        return kind(expected=expected, found=found or "no reason was given", fix="try it again; then see adb logcat")

    def _lost(self, found: str) -> DeviceLostError:
        return DeviceLostError(
            expected=f"{self._device.serial} to stay connected", found=found or "it is gone", fix="connect it again"
        )

    def _answers(self) -> bool:
        """Whether its shell echoes a word, asked anew."""
        from adbutils.errors import AdbError

        try:
            with self._device.open_transport(timeout=QUIET_S) as connection:
                connection.send_command(f"exec:echo {shlex.quote(PARENT)}")
                connection.check_okay()
                return bool(connection.read_exact(len(PARENT)) == PARENT.encode())
        except (AdbError, OSError, EOFError):
            return False


def find() -> list[Found]:
    """What the server lists; it is not started for this."""
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
