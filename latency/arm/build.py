"""Builds the runner and the plugin from the sources beside this file, once for each content of what goes in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mobileseg import debian
from mobileseg.call import call, last_lines
from mobileseg.errors import EnvironmentLackError
from mobileseg.files import sha256
from mobileseg.latency.arm import cache, parts, sdk

SOURCES = Path(__file__).parent
RUNNER, PLUGIN = "runner", "counts.so"
LOADER = "ld-linux-aarch64.so.1"
RECORD = "built.json"
"""In each folder that is built: what it was built from."""

TIMEOUT_S = 900.0


def arm_runner() -> Path:
    """The folder to bring to an ARM Linux or Android: ``ld-linux-aarch64.so.1``, ``runner`` and every library that it needs.

    Start it there, from any folder: ``FOLDER/ld-linux-aarch64.so.1 --library-path FOLDER FOLDER/runner ...``. Built at the first
    call. Raises ``EnvironmentLackError``, ``DownloadError``.
    """
    parts.require(parts.CROSS, "building the ARM runner")
    kit = sdk.aarch64_sdk()
    inputs = {
        "runner": sha256(SOURCES / "runner"),
        "kit": sdk.wheel_of(kit),
        "compiler": _compiler(f"{parts.TRIPLET}-g++"),
        "glibc": debian.version("libc6-arm64-cross"),
    }

    def make(folder: Path) -> None:
        _cmake(kit, folder, "-DCMAKE_TOOLCHAIN_FILE=" + str(SOURCES / "runner" / "aarch64-linux-gnu.cmake"))
        sdk.copy_libraries(kit, folder)
        _copy_needed(folder)
        (folder / LOADER).chmod(0o755)

    return _built("runner-aarch64", inputs, make)


def native_runner() -> Path:
    """The same program for this machine, linked with the installed package: what it does can be tested without an emulator. Here
    the compiler's warnings are errors."""
    parts.require(parts.NATIVE, "building the runner for this machine")
    kit = sdk.native_sdk()
    inputs = {"runner": sha256(SOURCES / "runner"), "kit": f"{sdk.wheel_of(kit)} in {kit}"}
    return (
        _built("runner-native", inputs, lambda folder: _cmake(kit, folder, "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON"))
        / RUNNER
    )


def plugin() -> Path:
    """The plugin that counts, as a shared library for the emulator of this machine."""
    parts.require(parts.PLUGIN, "building the plugin that counts")
    inputs = {"plugin": sha256(SOURCES / "plugin"), "compiler": _compiler("gcc")}

    def make(folder: Path) -> None:
        sources = sorted(str(path) for path in (SOURCES / "plugin").glob("*.c"))
        _run(
            ["gcc", "-shared", "-fPIC", "-O2", "-flto", "-std=c17", "-o", str(folder / PLUGIN), *sources],
            "the plugin to compile",
        )

    return _built("plugin", inputs, make) / PLUGIN


def record(folder: Path) -> dict[str, str]:
    """What a built folder was built from."""
    inputs: dict[str, str] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return inputs


def _built(name: str, inputs: Mapping[str, str], make: Callable[[Path], None]) -> Path:
    """The folder made of ``inputs``, made where it is not there yet."""
    text = json.dumps(dict(inputs), indent=1) + "\n"

    def make_and_record(folder: Path) -> None:
        make(folder)
        (folder / RECORD).write_text(text, encoding="utf-8")

    return cache.once(f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}", make_and_record)


def _cmake(kit: Path, folder: Path, *options: str) -> None:
    work = folder.parent / "cmake"
    where = [f"-Dexecutorch_DIR={kit / 'share' / 'cmake'}", "-S", str(SOURCES / "runner"), "-B", str(work)]
    _run(["cmake", "-G", "Unix Makefiles", *where, *options], "CMake to configure the runner")
    _run(["cmake", "--build", str(work), "--parallel", str(os.cpu_count() or 1)], "the runner to compile")
    shutil.copy2(work / RUNNER, folder / RUNNER)


def _copy_needed(folder: Path) -> None:
    """Bring loader and libraries that the files in ``folder`` name, and those that they name, from the compiler's sysroot."""
    seen = {path.name for path in folder.iterdir()}
    waiting = [*folder.iterdir()]
    while waiting:
        text = _run([f"{parts.TRIPLET}-readelf", "--dynamic", str(waiting.pop())], "readelf to list libraries")
        for line in text.splitlines():
            name = line.partition("Shared library: [")[2].removesuffix("]")
            if name and name not in seen:
                seen.add(name)
                copy = folder / name
                shutil.copy2(parts.SYSROOT / "lib" / name, copy)
                waiting.append(copy)


def _compiler(command: str) -> str:
    """Such as ``g++ (Debian 12.2.0-14) 12.2.0``."""
    return _run([command, "--version"], f"{command} to say its version").partition("\n")[0]


def _run(command: Sequence[str], expected: str) -> str:
    done = call(command, TIMEOUT_S)
    if done.returncode != 0:
        raise EnvironmentLackError(
            expected=expected,
            found=last_lines(done.stderr or done.stdout) or f"exit status {done.returncode}",
            todo=f"run it by hand: {' '.join(command)}",
        )
    return done.stdout
