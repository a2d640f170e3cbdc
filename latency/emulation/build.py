"""Builds the counting plugin for QEMU, and the clock for the emulated process; cached by the content of their sources."""

from __future__ import annotations

from pathlib import Path

from mobileseg.files import sha256
from mobileseg.latency.runners import parts
from mobileseg.latency.runners.compiling import built, compiler, run

SOURCES = Path(__file__).parent / "plugin"
PLUGIN = "counts.so"
CLOCK_SOURCE = Path(__file__).parent / "clock" / "clock.c"
CLOCK = "clock.so"


def plugin() -> Path:
    """Path of the counting plugin, a shared library for this machine's QEMU; built if needed. Raises ``EnvironmentLackError``."""
    parts.require(parts.PLUGIN, "building the counting plugin")
    inputs = {"plugin": sha256(SOURCES), "compiler": compiler("gcc")}

    def make(folder: Path) -> None:
        sources = sorted(str(path) for path in SOURCES.glob("*.c"))
        run(
            ["gcc", "-shared", "-fPIC", "-O2", "-flto", "-std=c17", "-o", str(folder / PLUGIN), *sources],
            "the plugin to compile",
        )

    return built("plugin", inputs, make) / PLUGIN


def clock() -> Path:
    """Path of the clock that marks operators, a shared library for the emulated process; built if needed. Raises
    ``EnvironmentLackError``."""
    parts.require(parts.CROSS, "building the emulated clock")
    command = f"{parts.TRIPLET}-gcc"  # comes with g++
    inputs = {"clock": sha256(CLOCK_SOURCE), "compiler": compiler(command)}

    def make(folder: Path) -> None:
        run(
            [command, "-shared", "-fPIC", "-O2", "-o", str(folder / CLOCK), str(CLOCK_SOURCE)],
            "the emulated clock to compile",
        )

    return built("clock", inputs, make) / CLOCK
