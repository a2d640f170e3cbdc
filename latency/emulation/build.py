"""Builds the plugin that counts, once for each content of its sources."""

from __future__ import annotations

from pathlib import Path

from mobileseg.files import sha256
from mobileseg.latency.runners import parts
from mobileseg.latency.runners.compiling import built, compiler, run

SOURCES = Path(__file__).parent / "plugin"
PLUGIN = "counts.so"


def plugin() -> Path:
    """The plugin that counts, as a shared library for the emulator of this machine."""
    parts.require(parts.PLUGIN, "building the plugin that counts")
    inputs = {"plugin": sha256(SOURCES), "compiler": compiler("gcc")}

    def make(folder: Path) -> None:
        sources = sorted(str(path) for path in SOURCES.glob("*.c"))
        run(
            ["gcc", "-shared", "-fPIC", "-O2", "-flto", "-std=c17", "-o", str(folder / PLUGIN), *sources],
            "the plugin to compile",
        )

    return built("plugin", inputs, make) / PLUGIN
