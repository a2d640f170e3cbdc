"""Debian's packages that the C++ runner is built from, and those that emulate an ARM core."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mobileseg.latency.runners import debian
from mobileseg.latency.runners.debian import Part

TRIPLET = "aarch64-linux-gnu"
SYSROOT = Path("/usr") / TRIPLET
"""Where Debian keeps the loader and the libraries of the cross compiler."""

MAKE = "arm-runner"
"""The target of ``make`` that installs all of them."""

JSON = Part("nlohmann-json3-dev", "/usr/include/nlohmann/json.hpp")
CLI11 = Part("libcli11-dev", "/usr/include/CLI/CLI.hpp")
HEADERS = (JSON, CLI11)
"""Libraries of the runner that are headers alone: the same files serve every machine."""

NATIVE = (Part("g++", "g++"), Part("make", "make"), Part("cmake", "cmake"), *HEADERS)
CROSS = (
    Part(f"g++-{TRIPLET}", f"{TRIPLET}-g++"),
    Part("libc6-arm64-cross", f"{SYSROOT}/lib/ld-linux-aarch64.so.1"),
    Part("libstdc++6-arm64-cross", f"{SYSROOT}/lib/libstdc++.so.6"),
    Part("make", "make"),
    Part("cmake", "cmake"),
    *HEADERS,
)
PLUGIN = (Part("gcc", "gcc"), Part("libc6-dev", "/usr/include/stdio.h"))
EMULATOR = (Part("qemu-user", "qemu-aarch64"),)
ALL = tuple(dict.fromkeys((*NATIVE, *CROSS, *PLUGIN, *EMULATOR)))


def require(parts: Sequence[Part], purpose: str, otherwise: str = "") -> None:
    """Raise ``EnvironmentLackError`` that names what is not here. ``otherwise``: what does without it."""
    debian.require(parts, purpose, MAKE, otherwise)
