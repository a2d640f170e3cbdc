"""A phone over adb: the C++ runner in a folder below /data/local/tmp; temperature, battery and screen as Android reports them.

Tested with Debian's adbd in an emulated ARM userland, not yet on a real phone; results say so.
"""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from mobileseg.errors import EnvironmentLackError, RequestError
from mobileseg.export.manifest import Manifest
from mobileseg.export.targets import TARGETS
from mobileseg.export.versions import check_versions
from mobileseg.latency.conditions import course, linux
from mobileseg.latency.conditions.identity import unit_of
from mobileseg.latency.conditions.sensors import Properties, Sensors
from mobileseg.latency.devices import adb_server, android, lease
from mobileseg.latency.devices.awake import awake
from mobileseg.latency.devices.contract import DeviceError, DeviceLostError, RunnerFailedError, SilentError
from mobileseg.latency.devices.kit import linked
from mobileseg.latency.devices.remote import (
    ARM_RUNNER,
    RemoteWorkspace,
    run_checked,
    run_script,
    wait_until_reachable,
    workspace,
)
from mobileseg.latency.devices.table import DEVICES, Found
from mobileseg.latency.runners import build
from mobileseg.registry import choose

if TYPE_CHECKING:
    from adbutils import AdbConnection, AdbDevice

PLACES = ("usb:", "transport:")  # of phones whose serial another one has too
PARENT = "/data/local/tmp"
TARGET = "executorch"
BUSY_WINDOW_S = 0.5  # between two readings of /proc/stat
RETRY_S = 1.0
COPY_S = 60.0
SILENCE_S = 15.0  # without output, after which the connection is checked
CHUNK = 65536


class Adb:
    """``argument``: a serial or ``HOST:PORT``; None for the only device. ``shell``: the connection to it.

    Raises ``DeviceError`` (see ``adb_server.choose``), ``MissingExtraError``, ``EnvironmentLackError`` for another architecture.
    """

    quantity: Final[Literal["time"]] = "time"
    tested_on: str | None = DEVICES["adb"].tested_on
    architectures: tuple[str, ...] = ("aarch64",)

    def __init__(self, argument: str | None = None) -> None:
        self._server = adb_server.client()
        self._serial = adb_server.connect(self._server, argument)
        self.shell = AdbShell(adb_server.device(self._server, self._serial), self._serial)
        self._leftovers: set[str] = set()
        found = run_checked(self.shell, "uname -m", "the processor's architecture").strip()
        if found not in self.architectures:
            raise EnvironmentLackError(
                expected=f"a phone with a 64-bit ARM kernel ({' or '.join(self.architectures)})",
                found=f"{self._serial}, {found}",
                fix="use a 64-bit ARM phone; on an x86 emulator, whose times mean nothing, only the app can run: --in-app",
            )

    @property
    def name(self) -> str:
        """``adb:SERIAL``."""
        return f"adb:{self._serial}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The serial, or the address."""
        return (self._serial, self._serial.rpartition(":")[0])

    def properties(self) -> Properties:
        """From getprop and /proc."""
        found = android.properties(self._listing(linux.PROPERTIES, android.PROPERTIES))
        if found.unit is not None or adb_server.ADDRESS.fullmatch(self._serial) or self._serial.startswith(PLACES):
            return found
        return found.model_copy(update={"unit": unit_of(self._serial)})  # a phone that does not let the shell read it

    def sensors(self) -> Sensors:
        """From dumpsys, /proc and /sys, over ``BUSY_WINDOW_S`` seconds."""
        before = self._numbers(("/proc/stat",))
        time.sleep(BUSY_WINDOW_S)
        return android.sensors(before, self._numbers(linux.SENSORS) | self._listing((), android.SENSORS))

    def watch(self, cores: Sequence[int]) -> tuple[course.Watched, ...]:
        """Files of /proc and /sys that the shell may read."""
        return course.choose(self._numbers(linux.SENSORS), cores)

    def _listing(self, files: tuple[str, ...], commands: Mapping[str, str]) -> dict[str, str]:
        return linux.parse_listing(run_script(self.shell, linux.script(files, commands)).text)  # some commands may fail

    def _numbers(self, files: tuple[str, ...]) -> dict[str, str]:
        return linux.parse_numbers(run_script(self.shell, linux.numbers_script(files)).text)

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

    def gives_outputs(self, manifest: Manifest) -> bool:
        """Always."""
        del manifest
        return True

    def workspace(self) -> AbstractContextManager[RemoteWorkspace]:
        """A folder below ``PARENT`` with the runner in it."""
        return workspace(self.shell, (PARENT,), linked(build.arm_runner()), ARM_RUNNER, self._leftovers)

    @contextlib.contextmanager
    def lease(self, progress: Callable[[str], None]) -> Iterator[None]:
        """A file below ``PARENT``. The phone is kept awake meanwhile."""
        del progress
        with lease.lease(self.shell, PARENT, self.name), awake(self.shell):
            yield

    def reconnect(self, seconds: float) -> bool:
        """Wait up to ``seconds`` until the adb server lists the device as ready again."""

        def reach() -> None:
            self._server = adb_server.client()
            adb_server.connect(self._server, self._serial)

        return wait_until_reachable(reach, seconds, RETRY_S, (DeviceError, RequestError))


class AdbShell:
    """A ``Shell`` over adb's ``exec:`` service, which has no terminal: output arrives byte for byte (Android 5 and newer)."""

    def __init__(self, device: AdbDevice, name: str) -> None:
        from adbutils.sync import Sync

        self._device, self._name, self._sync = device, name, Sync(_Patient(device))

    def stream(self, script: str, silence_s: float) -> Generator[bytes, None, None]:
        """See ``Shell``. Raises ``DeviceLostError`` if the device is gone, or is silent and does not answer."""
        from adbutils.errors import AdbError

        try:
            connection = self._device.open_transport(timeout=SILENCE_S)
            with connection:
                connection.send_command(f"exec:{script}")
                connection.check_okay()
                heard = time.monotonic()
                while True:
                    try:
                        chunk = connection.conn.recv(CHUNK)
                    except TimeoutError:
                        if not self._answers():
                            return
                        if time.monotonic() - heard >= silence_s:
                            raise SilentError(silence_s, self._name) from None
                        continue
                    if not chunk:
                        return
                    yield chunk
                    heard = time.monotonic()
        except (AdbError, OSError) as error:
            raise self._lost(str(error)) from error

    def send(self, local: Path, remote: str) -> None:
        """See ``Shell``; by adb's sync protocol."""
        from adbutils.errors import AdbError

        try:
            self._sync.push(local, remote)
        except (AdbError, OSError, AssertionError, EOFError) as error:
            raise self._failed(f"to write {local.name} to the device", str(error)) from error

    def fetch(self, remote: str, local: Path) -> None:
        """See ``Shell``; by adb's sync protocol."""
        from adbutils.errors import AdbError

        try:
            self._sync.pull_file(remote, local)
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
            expected=f"{self._name} to stay connected", found=found or "it is gone", fix="reconnect it"
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


class _Patient:
    """What adbutils copies files with. It would wait for a phone for ever: here each step of a copy has ``COPY_S`` seconds."""

    def __init__(self, device: AdbDevice) -> None:
        self._device = device

    def open_transport(self, command: str | None = None, timeout: float | None = None) -> AdbConnection:
        del timeout
        return self._device.open_transport(command, timeout=COPY_S)


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
