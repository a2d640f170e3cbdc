"""The parts of Debian that the ARM side is built from and runs on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mobileseg.latency.runners import debian
from mobileseg.latency.runners.debian import Part

TRIPLET = "aarch64-linux-gnu"
SYSROOT = Path("/usr") / TRIPLET
"""Where Debian keeps loader and libraries of the cross compiler."""

MAKE = "arm-runner"
"""The target of ``make`` that brings all of them."""

NATIVE = (Part("g++", "g++"), Part("make", "make"), Part("cmake", "cmake"))
CROSS = (
    Part(f"g++-{TRIPLET}", f"{TRIPLET}-g++"),
    Part("libc6-arm64-cross", f"{SYSROOT}/lib/ld-linux-aarch64.so.1"),
    Part("libstdc++6-arm64-cross", f"{SYSROOT}/lib/libstdc++.so.6"),
    Part("make", "make"),
    Part("cmake", "cmake"),
)
PLUGIN = (Part("gcc", "gcc"), Part("libc6-dev", "/usr/include/stdio.h"))
EMULATOR = (Part("qemu-user", "qemu-aarch64"),)
ALL = tuple(dict.fromkeys((*NATIVE, *CROSS, *PLUGIN, *EMULATOR)))


def require(parts: Sequence[Part], purpose: str) -> None:
    """Raise ``EnvironmentLackError`` that names what is not here."""
    debian.require(parts, purpose, MAKE)
