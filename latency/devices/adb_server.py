"""The adb server: whether it runs, which devices it has, and in which state they are.

All communication goes through the server, by adbutils. A serial is always one that the server listed or an address ``HOST:PORT``;
neither reaches a shell.
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
    from adbutils import AdbClient, AdbDevice

READY = "device"
TRANSIENT = ("connecting", "authorizing", "host")
SETTLE_S = 5.0  # how long a transient state may last
START_S = 20.0
ANSWER_S = 10.0
LOCAL = "127.0.0.1"
ADDRESS = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


class NoServerError(DeviceError):
    """No adb server answers, and none could be started."""


class NoDeviceError(DeviceError):
    """No device is connected, or not the requested one."""


class UnauthorizedError(DeviceError):
    """The phone has not authorised this computer's key."""


class OfflineError(DeviceError):
    """The phone is connected but does not answer."""


class NotBootedError(DeviceError):
    """The phone is in recovery, in the bootloader, or in another mode without Android."""


class NoPermissionError(DeviceError):
    """The adb server has no permission to open the USB device."""


class SeveralDevicesError(RequestError):
    """Several devices are connected and none was chosen."""


class State(NamedTuple):
    """Why a device in this state cannot be used, as an error's class, ``found`` and ``fix``."""

    error: type[DeviceError]
    found: str
    fix: str


STATES: Mapping[str, State] = {
    "unauthorized": State(
        UnauthorizedError,
        "it has not authorised this computer's key",
        "unlock it and accept the prompt on its screen; if there is none, choose Developer options, Revoke USB debugging "
        "authorizations, and reconnect it",
    ),
    "offline": State(
        OfflineError,
        "it is connected but does not answer",
        "reconnect it; if that does not help, run adb reconnect offline or restart the phone",
    ),
    "no permissions": State(
        NoPermissionError,
        "adb has no permission to open the USB device",
        "install the udev rules (Debian: android-sdk-platform-tools-common), join the group plugdev, and reconnect it",
    ),
    **dict.fromkeys(
        ("recovery", "sideload", "bootloader", "fastboot", "rescue"),
        State(NotBootedError, "Android is not running on it", "start Android: adb reboot, or fastboot reboot"),
    ),
}


def client(start: bool = True) -> AdbClient:
    """A client of the adb server. ``start``: start the server if it does not run, with the adb on PATH or in adbutils' wheel.

    Its address is that of ``server_address``. Raises ``NoServerError``,
    ``MissingExtraError``.
    """
    require(("adbutils",), "measuring over adb", "adb")
    host, port = server_address(os.environ)
    from adbutils import AdbClient
    from adbutils.errors import AdbError

    server = AdbClient(host, port, socket_timeout=ANSWER_S)
    where = f"{server.host}:{server.port}"
    if not _answers(server.host, server.port):
        if not start:
            raise NoServerError(
                expected=f"an adb server at {where}",
                found="none is running",
                fix="run: adb start-server",
            )
        _start(where)
    try:
        server.server_version()
    except (AdbError, OSError, ValueError) as error:
        raise NoServerError(
            expected=f"an adb server at {where}",
            found=f"another service: {error}",
            fix="set ANDROID_ADB_SERVER_PORT to the server's port",
        ) from error
    return server


def server_address(environment: Mapping[str, str]) -> tuple[str, int]:
    """Host and port of the adb server, from the variables that adb itself reads: ``ADB_SERVER_SOCKET`` (``tcp:HOST:PORT`` or
    ``tcp:PORT``), else ``ANDROID_ADB_SERVER_ADDRESS`` and ``ANDROID_ADB_SERVER_PORT``; ``ANDROID_ADB_SERVER_HOST`` is adbutils' own
    name for the address. Raises ``NoServerError`` for what is no address.
    """
    socket_name = environment.get("ADB_SERVER_SOCKET")
    if socket_name:
        kind, _, rest = socket_name.partition(":")
        host, _, port = rest.rpartition(":")
        if kind != "tcp" or not _is_port(port):
            raise NoServerError(
                expected="tcp:HOST:PORT or tcp:PORT in ADB_SERVER_SOCKET",
                found=repr(socket_name),
                fix="unset it, or set an address",
            )
        return host.strip("[]") or LOCAL, int(port)
    port = environment.get("ANDROID_ADB_SERVER_PORT") or "5037"
    if not _is_port(port):
        raise NoServerError(
            expected="a port number in ANDROID_ADB_SERVER_PORT", found=repr(port), fix="unset it, or set a port"
        )
    names = ("ANDROID_ADB_SERVER_ADDRESS", "ANDROID_ADB_SERVER_HOST")
    return next((environment[name] for name in names if environment.get(name)), LOCAL), int(port)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def _start(where: str) -> None:
    """Start the server. adbutils can do that too, but lets the program write to our standard output."""
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
            expected=f"an adb server at {where}", found=f"none is running, and adb cannot start one: {error}", fix=fix
        ) from error
    if done.returncode != 0:
        output = "; ".join(done.stderr.strip().splitlines()[-2:]) or f"status {done.returncode}"
        raise NoServerError(expected=f"an adb server at {where}", found=f"adb start-server: {output}", fix=fix)


def listed(server: AdbClient) -> dict[str, str]:
    """State of each device by its name, in the server's words: its serial, or where two phones have the same one, its place on the
    USB (``usb:1-2``) or the number of its connection (``transport:3``). Raises ``NoServerError``."""
    rows = parse_rows(_asked(server, "host:devices"))
    serials = [serial for serial, _ in rows]
    if len(set(serials)) == len(serials):
        return dict(rows)
    return apart(rows, _asked(server, "host:devices-l"))


def _asked(server: AdbClient, question: str) -> str:
    from adbutils.errors import AdbError

    try:
        with server.make_connection(timeout=ANSWER_S) as connection:
            connection.send_command(question)
            connection.check_okay()
            return str(connection.read_string_block())
    except (AdbError, OSError, ValueError) as error:
        raise NoServerError(
            expected="a list of devices from the adb server",
            found=str(error),
            fix="run adb kill-server, then try again",
        ) from error


def parse_rows(text: str) -> list[tuple[str, str]]:
    """Serial and state from lines of ``SERIAL<tab>state``; serials of Wi-Fi pairing contain spaces and parentheses."""
    pairs = (line.partition("\t") for line in text.splitlines())
    return [(serial.strip(), state.strip()) for serial, tab, state in pairs if tab and serial.strip()]


def apart(rows: Sequence[tuple[str, str]], long: str) -> dict[str, str]:
    """State by a name that only one device has. ``rows``: serials and states; ``long``: the same devices in the server's long form,
    which says where each is: ``SERIAL device usb:1-2 product:p transport_id:3``."""
    serials = [serial for serial, _ in rows]
    lines = [line for line in long.splitlines() if line.strip()]
    found = {}
    for serial, state in rows:
        name = serial
        if serials.count(serial) > 1:
            place = next((i for i, line in enumerate(lines) if line.startswith(f"{serial} ")), None)
            words = [] if place is None else lines.pop(place).removeprefix(serial).split()
            bus = next((word for word in words if re.fullmatch(r"usb:[\w.-]+", word)), None)
            number = next((word for word in words if re.fullmatch(r"transport_id:\d+", word)), None)
            name = bus or (number.replace("transport_id", "transport") if number else serial)
        found[name] = state
    return found


def device(server: AdbClient, name: str) -> AdbDevice:
    """The device of a name in ``listed``."""
    kind, _, number = name.partition(":")
    return server.device(transport_id=int(number)) if kind == "transport" and number.isdigit() else server.device(name)


def choose(devices: Mapping[str, str], asked: str | None) -> str:
    """The serial to use: ``asked``, or the only one. Raises ``SeveralDevicesError``, ``NoDeviceError``, or the error of its state."""
    if asked is None and len(devices) > 1:
        names = ", ".join(f"{serial} ({state})" for serial, state in devices.items())
        first = next((serial for serial, state in devices.items() if state == READY), next(iter(devices)))
        raise SeveralDevicesError(
            expected="one device, or a choice",
            found=names,
            fix=f"use --device adb:{first}, or set ANDROID_SERIAL",
        )
    serial = next(iter(devices), None) if asked is None else asked
    if serial is None or serial not in devices:
        others = ", ".join(devices) or "none"
        raise NoDeviceError(
            expected="a device" if serial is None else f"the device {serial!r}",
            found=f"connected: {others}",
            fix="connect it with USB debugging enabled (Developer options), or over the network: --device adb:HOST:PORT",
        )
    state = devices[serial]
    if state != READY:
        why = next((row for name, row in STATES.items() if state.startswith(name)), None)
        error, found, fix = why or State(OfflineError, f"its state is {state!r}", "reconnect it")
        raise error(expected=f"{serial} to be ready", found=f"{state}: {found}", fix=fix)
    return serial


def connect(server: AdbClient, argument: str | None) -> str:
    """The serial of the requested device; an address ``HOST:PORT`` is connected first. ``argument``: serial, address or None, which
    takes ``ANDROID_SERIAL`` or the only device. Raises the errors of ``choose``."""
    asked = argument or os.environ.get("ANDROID_SERIAL") or None
    answer = ""
    if asked is not None and ADDRESS.fullmatch(asked) and listed(server).get(asked) != READY:
        answer = _connect(server, asked)
    end = time.monotonic() + SETTLE_S
    while True:
        devices = listed(server)
        waiting = [state for serial, state in devices.items() if asked in (None, serial) and state in TRANSIENT]
        if not waiting or time.monotonic() > end:
            break
        time.sleep(0.2)
    try:
        return choose(devices, asked)
    except NoDeviceError as error:
        if not answer:
            raise
        raise NoDeviceError(expected=error.expected, found=answer, fix=error.fix) from error


def _connect(server: AdbClient, address: str) -> str:
    """Ask the server to connect; returns its answer. The list of devices shows whether it worked."""
    from adbutils.errors import AdbError

    try:
        server.disconnect(address)  # else a known device that is not ready counts as connected
        return str(server.connect(address, timeout=ANSWER_S))
    except (AdbError, OSError) as error:
        return str(error)


def summary(devices: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Each serial with its problem, empty if it is ready."""
    rows = []
    for serial in devices:
        try:
            choose(devices, serial)
        except DeviceError as error:
            rows.append((serial, f"{error.found}; {error.fix}"))
        else:
            rows.append((serial, ""))
    return rows
