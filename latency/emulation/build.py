"""Builds the counting plugin for QEMU; cached by the content of its sources."""

from __future__ import annotations

from pathlib import Path

from mobileseg.files import sha256
from mobileseg.latency.runners import parts
from mobileseg.latency.runners.compiling import built, compiler, run

SOURCES = Path(__file__).parent / "plugin"
PLUGIN = "counts.so"


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
