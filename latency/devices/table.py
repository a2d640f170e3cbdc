"""Devices as data: what can be measured on. Another device is one file and one row."""

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
    """``open``: dotted path of ``f(argument) -> Device``, where ``argument`` is what follows the colon, None without; None where
    nothing is timed. Then ``count`` is the path of ``f(artifacts, device, command, progress) -> Result``.
    ``find``: dotted path of ``f() -> list[Found]``. ``argument``: its name where one is taken. ``tried``: what it has been tried on,
    where that is not the real thing; it is stamped on results."""

    name: str
    title: str
    open: str | None
    find: str
    argument: str | None = None
    required: bool = False
    count: str | None = None
    tried: str | None = None


class Found(NamedTuple):
    """One line of ``mobileseg devices``. ``detail``: what it is, or the reason why nothing can be measured there."""

    name: str
    state: Literal["ready", "not ready"]
    detail: str


DEVICES: Mapping[str, DeviceSpec] = {
    spec.name: spec
    for spec in (
        DeviceSpec(
            "host",
            "this machine, each file in its own runtime",
            "mobileseg.latency.devices.host:Host",
            "mobileseg.latency.devices.host:find",
        ),
        DeviceSpec(
            "adb",
            "a phone over adb, .pte files; SERIAL or HOST:PORT where there are several",
            "mobileseg.latency.devices.adb:Adb",
            "mobileseg.latency.devices.adb:find",
            argument="SERIAL",
            tried="tried with Debian's adbd in an emulated ARM userland; not yet on a real phone",
        ),
        DeviceSpec(
            "ssh",
            "a 64-bit ARM board over ssh; .pte, and .onnx where it has python3",
            "mobileseg.latency.devices.ssh:Ssh",
            "mobileseg.latency.devices.ssh:find",
            argument="HOST",
            required=True,
            tried="tried with Debian's sshd in an emulated ARM userland; not yet on a real board",
        ),
        DeviceSpec(
            "emulated",
            "an ARM core under QEMU: instructions of one inference, counts, not time",
            None,
            "mobileseg.latency.devices.emulated:find",
            argument="CORE",
            required=True,
            count="mobileseg.latency.measuring.counting:count_all",
        ),
    )
}


def split(name: str, table: Mapping[str, DeviceSpec] = DEVICES) -> tuple[DeviceSpec, str | None]:
    """``adb:SERIAL`` -> its row and ``SERIAL``. Raises ``UnknownNameError``, ``RequestError``; touches no device."""
    kind, colon, argument = name.partition(":")
    spec = choose(table, kind, "device")
    if argument and not spec.argument:
        raise RequestError(expected=f"{kind} without anything behind it", found=repr(name), fix=f"say --device {kind}")
    if not argument and (colon or spec.required):
        wanted = f"{kind}:{spec.argument}" if spec.argument else kind
        raise RequestError(expected=f"a device as {wanted}", found=repr(name), fix="see `mobileseg devices`")
    return spec, argument or None


def open_device(name: str) -> Device:
    """The device called ``name``, such as ``host``. Raises ``UnknownNameError``, ``RequestError``, ``DeviceError``."""
    spec, argument = split(name)
    if spec.open is None:
        raise RequestError(expected="a device that times", found=f"{name}, which counts", fix="measure on another one")
    device: Device = load(spec.open)(argument)
    return device


def find_all() -> list[Found]:
    """What every row finds."""
    return [found for spec in DEVICES.values() for found in load(spec.find)()]
