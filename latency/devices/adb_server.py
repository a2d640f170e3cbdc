"""The adb server: whether it runs, which devices it has, and in what state they are.

Everything below goes through the server by adbutils. A serial is only ever one that the server listed, or an address of the form
``HOST:PORT``; neither reaches a shell.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mobileseg.errors import RequestError
from mobileseg.latency.devices.contract import DeviceError
from mobileseg.registry import require

if TYPE_CHECKING:
    from adbutils import AdbClient

READY = "device"
PASSING = ("connecting", "authorizing", "host")
SETTLE_S = 5.0  # that a passing state gets
START_S = 20.0
ANSWER_S = 10.0
ADDRESS = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


class NoServerError(DeviceError):
    """No adb server answers, and none could be started."""


class NoDeviceError(DeviceError):
    """Nothing is connected, or not the one that was asked for."""


class UnauthorizedError(DeviceError):
    """The phone has not accepted this computer's key."""


class OfflineError(DeviceError):
    """The phone is connected and does not answer."""


class NotBootedError(DeviceError):
    """The phone is in its recovery, in its loader, or elsewhere where nothing runs."""


class NoPermissionError(DeviceError):
    """This system does not let the server open the USB device."""


class SeveralDevicesError(RequestError):
    """Which one was not said."""


class State(NamedTuple):
    """Why a device in that state cannot be used. ``fix``: the way out."""

    error: type[DeviceError]
    found: str
    fix: str


STATES: Mapping[str, State] = {
    "unauthorized": State(
        UnauthorizedError,
        "it has not accepted this computer's key",
        "unlock it and accept the question on its screen; where none comes: Developer options, Revoke USB debugging "
        "authorizations, and connect it again",
    ),
    "offline": State(
        OfflineError,
        "it is connected and does not answer",
        "connect it again; where that does not help: adb reconnect offline, or restart the phone",
    ),
    "no permissions": State(
        NoPermissionError,
        "this system does not let adb open the USB device",
        "install the udev rules (Debian: android-sdk-platform-tools-common), join the group plugdev, connect it again",
    ),
    **dict.fromkeys(
        ("recovery", "sideload", "bootloader", "fastboot", "rescue"),
        State(NotBootedError, "Android does not run on it", "start it: adb reboot, or fastboot reboot"),
    ),
}


def client(start: bool = True) -> AdbClient:
    """A client of the running server; it is started where it does not run, with the adb on PATH or the one in adbutils' wheel.

    Where it is: ``ANDROID_ADB_SERVER_HOST`` and ``ANDROID_ADB_SERVER_PORT``, as for adb itself. Raises ``NoServerError``,
    ``MissingExtraError``.
    """
    require(("adbutils",), "measuring over adb", "adb")
    from adbutils import AdbClient
    from adbutils.errors import AdbError

    port = os.environ.get("ANDROID_ADB_SERVER_PORT", "5037")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise NoServerError(
            expected="a port in ANDROID_ADB_SERVER_PORT", found=repr(port), fix="unset it, or give a number"
        )
    server = AdbClient(socket_timeout=ANSWER_S)
    where = f"{server.host}:{server.port}"
    if not _answers(server.host, server.port):
        if not start:
            raise NoServerError(
                expected=f"an adb server at {where}",
                found="none runs",
                fix="adb start-server; --device adb does that too",
            )
        _start(where)
    try:
        server.server_version()
    except (AdbError, OSError, ValueError) as error:
        raise NoServerError(
            expected=f"an adb server at {where}", found=f"something else: {error}", fix="set ANDROID_ADB_SERVER_PORT"
        ) from error
    return server


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def _start(where: str) -> None:
    """adbutils would do that as well, and let the program write on our standard output."""
    from adbutils import adb_path
    from adbutils.errors import AdbError

    fix = "install Android's platform-tools (Debian: apt-get install adb) and run: adb start-server"
    try:
        done = subprocess.run(
            [adb_path(), "start-server"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors="replace", timeout=START_S, check=False, start_new_session=True,
        )  # fmt: skip
    except (AdbError, OSError, subprocess.TimeoutExpired) as error:
        raise NoServerError(
            expected=f"an adb server at {where}", found=f"none runs, and adb cannot start one: {error}", fix=fix
        ) from error
    if done.returncode != 0:
        said = "; ".join(done.stderr.strip().splitlines()[-2:]) or f"status {done.returncode}"
        raise NoServerError(expected=f"an adb server at {where}", found=f"adb start-server: {said}", fix=fix)


def listed(server: AdbClient) -> dict[str, str]:
    """State by serial, as the server says it."""
    from adbutils.errors import AdbError

    try:
        with server.make_connection(timeout=ANSWER_S) as connection:
            connection.send_command("host:devices")
            connection.check_okay()
            text = connection.read_string_block()
    except (AdbError, OSError, ValueError) as error:
        raise NoServerError(
            expected="a list of devices from the adb server", found=str(error), fix="adb kill-server, and again"
        ) from error
    return parse_list(text)


def parse_list(text: str) -> dict[str, str]:
    """``SERIAL<tab>state`` a line; serials of Wi-Fi pairing hold spaces and parentheses."""
    found = {}
    for line in text.splitlines():
        serial, tab, state = line.partition("\t")
        if tab and serial.strip():
            found[serial.strip()] = state.strip()
    return found


def choose(devices: Mapping[str, str], asked: str | None) -> str:
    """The serial to use. Raises ``SeveralDevicesError``, and a subclass of ``DeviceError`` for each state in which it cannot be used."""
    if asked is None and len(devices) > 1:
        names = ", ".join(f"{serial} ({state})" for serial, state in devices.items())
        first = next((serial for serial, state in devices.items() if state == READY), next(iter(devices)))
        raise SeveralDevicesError(
            expected="one device, or which of them",
            found=names,
            fix=f"say --device adb:{first}, or set ANDROID_SERIAL",
        )
    serial = next(iter(devices), None) if asked is None else asked
    if serial is None or serial not in devices:
        others = ", ".join(devices) or "none"
        raise NoDeviceError(
            expected="a device" if serial is None else f"the device {serial!r}",
            found=f"connected: {others}",
            fix="connect it with USB debugging on (Developer options), or over the network: --device adb:HOST:PORT",
        )
    state = devices[serial]
    if state != READY:
        why = next((row for name, row in STATES.items() if state.startswith(name)), None)
        error, found, fix = why or State(OfflineError, f"its state is {state!r}", "connect it again")
        raise error(expected=f"{serial} to be ready", found=f"{state}: {found}", fix=fix)
    return serial


def connect(server: AdbClient, argument: str | None) -> str:
    """The serial of the device that was asked for, connected where it is an address. Raises as ``choose`` does."""
    asked = argument or os.environ.get("ANDROID_SERIAL") or None
    said = ""
    if asked is not None and ADDRESS.fullmatch(asked) and listed(server).get(asked) != READY:
        said = _connect(server, asked)
    end = time.monotonic() + SETTLE_S
    while True:
        devices = listed(server)
        waiting = [state for serial, state in devices.items() if asked in (None, serial) and state in PASSING]
        if not waiting or time.monotonic() > end:
            break
        time.sleep(0.2)
    try:
        return choose(devices, asked)
    except NoDeviceError as error:
        if not said:
            raise
        raise NoDeviceError(expected=error.expected, found=said, fix=error.fix) from error


def _connect(server: AdbClient, address: str) -> str:
    """The server's word on it; whether it helped, the list shows."""
    from adbutils.errors import AdbError

    try:
        server.disconnect(address)  # what is known and not ready counts as connected otherwise
        return str(server.connect(address, timeout=ANSWER_S))
    except (AdbError, OSError) as error:
        return str(error)


def summary(devices: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Each serial with what is wrong, nothing where it is ready."""
    rows = []
    for serial in devices:
        try:
            choose(devices, serial)
        except DeviceError as error:
            rows.append((serial, f"{error.found}; {error.fix}"))
        else:
            rows.append((serial, ""))
    return rows
