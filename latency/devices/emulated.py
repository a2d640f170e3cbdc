"""Emulated ARM cores as devices: their names, their properties, and whether this machine can emulate them."""

from __future__ import annotations

from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.conditions.sensors import Core, Properties
from mobileseg.latency.devices.table import Found
from mobileseg.latency.emulation.cores import CORES, EmulatedCore
from mobileseg.latency.emulation.emulator import emulator_version
from mobileseg.latency.runners import parts
from mobileseg.registry import choose

KIND = "emulated"
"""The devices are named ``emulated:CORE``."""


def core_of(device: str) -> EmulatedCore:
    """The core of ``emulated:cortex-a76`` or ``cortex-a76``. Raises ``UnknownNameError``."""
    return choose(CORES, device.removeprefix(f"{KIND}:"), "core to emulate")


def properties(core: EmulatedCore) -> Properties:
    """The properties of a machine with one such core. Raises ``EnvironmentLackError`` without the emulator."""
    return Properties(
        model=emulator_version(),
        soc=core.name,
        os="Linux, user emulation",
        kernel=None,
        architecture="aarch64",
        cores=(Core(number=0),),
    )


def find() -> list[Found]:
    """Every core in ``CORES``, ready if the Debian packages for the emulation are installed."""
    try:
        emulator_version()
        parts.require((*parts.CROSS, *parts.PLUGIN), "emulating an ARM core")
    except EnvironmentLackError as error:
        return [Found(f"{KIND}:{name}", "not ready", f"{error.found}: {error.expected}; {error.fix}") for name in CORES]
    return [Found(f"{KIND}:{name}", "ready", f"{core.title}; counts of .pte files") for name, core in CORES.items()]
