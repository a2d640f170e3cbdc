"""The devices as data. A new kind of device is one file and one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from mobileseg.errors import RequestError
from mobileseg.registry import choose, load

if TYPE_CHECKING:
    from mobileseg.latency.devices.contract import Device


@dataclass(frozen=True)
class DeviceSpec:
    """One kind of device.

    ``open``: dotted path of ``f(argument) -> Device``, where ``argument`` is the text after the colon or None; None for a device that
    counts, for which ``count`` is the dotted path of ``f(artifacts, device, command, progress, profile) -> Result``.
    ``find``: dotted path of ``f() -> list[Found]``. ``argument``: the argument's name in help texts, None if there is none;
    ``required``: whether it must be given. ``tested_on``: what the code was tested on so far, if not on real hardware; it is stamped
    on results. ``app``: as ``open``, for measurements inside the installed app.
    """

    name: str
    title: str
    open: str | None
    find: str
    argument: str | None = None
    required: bool = False
    count: str | None = None
    tested_on: str | None = None
    app: str | None = None


class Found(NamedTuple):
    """One line of ``mobileseg devices``. ``detail``: a description, or the reason why it is not ready."""

    name: str
    state: Literal["ready", "not ready"]
    detail: str


DEVICES: Mapping[str, DeviceSpec] = {
    spec.name: spec
    for spec in (
        DeviceSpec(
            "host",
            "this machine; each file in its own runtime",
            "mobileseg.latency.devices.host:Host",
            "mobileseg.latency.devices.host:find",
        ),
        DeviceSpec(
            "adb",
            "a phone over adb; .pte files; SERIAL or HOST:PORT to choose among several",
            "mobileseg.latency.devices.adb:Adb",
            "mobileseg.latency.devices.adb:find",
            argument="SERIAL",
            tested_on="Debian's adbd in an emulated ARM userland; not yet on a real phone",
            app="mobileseg.latency.devices.app:AdbApp",
        ),
        DeviceSpec(
            "ssh",
            "a 64-bit ARM board over ssh; .pte files, and .onnx files if it has python3",
            "mobileseg.latency.devices.ssh:Ssh",
            "mobileseg.latency.devices.ssh:find",
            argument="HOST",
            required=True,
            tested_on="Debian's sshd in an emulated ARM userland; not yet on a real board",
        ),
        DeviceSpec(
            "emulated",
            "an ARM core under QEMU; counts the instructions of one inference, no times",
            None,
            "mobileseg.latency.devices.emulated:find",
            argument="CORE",
            required=True,
            count="mobileseg.latency.measuring.counting:count_all",
        ),
    )
}


def split(name: str, table: Mapping[str, DeviceSpec] = DEVICES) -> tuple[DeviceSpec, str | None]:
    """The row and the argument of a device's name: ``adb:SERIAL`` -> (row of adb, ``SERIAL``). Does not access the device.

    Raises ``UnknownNameError``, ``RequestError`` for a missing or an unexpected argument.
    """
    kind, colon, argument = name.partition(":")
    spec = choose(table, kind, "device")
    if argument and not spec.argument:
        raise RequestError(expected=f"{kind} without an argument", found=repr(name), fix=f"use --device {kind}")
    if not argument and (colon or spec.required):
        wanted = f"{kind}:{spec.argument}" if spec.argument else kind
        raise RequestError(expected=f"a device such as {wanted}", found=repr(name), fix="see `mobileseg devices`")
    return spec, argument or None


def open_device(name: str, in_app: bool = False) -> Device:
    """Connect to the device ``name``, such as ``host``; ``in_app``: to the app on it. Raises ``UnknownNameError``, ``RequestError``,
    ``DeviceError``."""
    spec, argument = split(name)
    if spec.open is None:
        raise RequestError(
            expected="a device that measures times", found=f"{name}, which counts", fix="choose another device"
        )
    where = spec.app if in_app else spec.open
    if where is None:
        raise RequestError(expected="a phone, for its app", found=name, fix="use --device adb")
    device: Device = load(where)(argument)
    return device


def find_all() -> list[Found]:
    """All devices that can be found from here, ready or not."""
    return [found for spec in DEVICES.values() for found in load(spec.find)()]
