"""Builds the C++ runner from the sources in ``cpp/``, once for each content of what goes in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mobileseg.files import sha256
from mobileseg.latency.runners import debian, parts, sdk
from mobileseg.latency.runners.compiling import built, compiler, run

SOURCES = Path(__file__).parent / "cpp"
RUNNER = "runner"
LOADER = "ld-linux-aarch64.so.1"


def arm_runner() -> Path:
    """The folder to bring to an ARM Linux or Android: ``ld-linux-aarch64.so.1``, ``runner`` and every library that it needs.

    Start it there, from any folder: ``FOLDER/ld-linux-aarch64.so.1 --library-path FOLDER FOLDER/runner ...``. Built at the first
    call. Raises ``EnvironmentLackError``, ``DownloadError``.
    """
    parts.require(parts.CROSS, "building the ARM runner")
    kit = sdk.aarch64_sdk()
    inputs = {
        "runner": sha256(SOURCES),
        "kit": sdk.wheel_of(kit),
        "compiler": compiler(f"{parts.TRIPLET}-g++"),
        "glibc": debian.version("libc6-arm64-cross"),
    }

    def make(folder: Path) -> None:
        _cmake(kit, folder, "-DCMAKE_TOOLCHAIN_FILE=" + str(SOURCES / "aarch64-linux-gnu.cmake"))
        sdk.copy_libraries(kit, folder)
        _copy_needed(folder)
        (folder / LOADER).chmod(0o755)

    return built("runner-aarch64", inputs, make)


def native_runner() -> Path:
    """The same program for this machine, linked with the installed package: what it does can be tested without an emulator. Here
    the compiler's warnings are errors."""
    parts.require(parts.NATIVE, "building the runner for this machine")
    kit = sdk.native_sdk()
    inputs = {"runner": sha256(SOURCES), "kit": f"{sdk.wheel_of(kit)} in {kit}"}
    return (
        built("runner-native", inputs, lambda folder: _cmake(kit, folder, "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON"))
        / RUNNER
    )


def _cmake(kit: Path, folder: Path, *options: str) -> None:
    work = folder.parent / "cmake"
    where = [f"-Dexecutorch_DIR={kit / 'share' / 'cmake'}", "-S", str(SOURCES), "-B", str(work)]
    run(["cmake", "-G", "Unix Makefiles", *where, *options], "CMake to configure the runner")
    run(["cmake", "--build", str(work), "--parallel", str(os.cpu_count() or 1)], "the runner to compile")
    shutil.copy2(work / RUNNER, folder / RUNNER)


def _copy_needed(folder: Path) -> None:
    """Bring loader and libraries that the files in ``folder`` name, and those that they name, from the compiler's sysroot."""
    seen = {path.name for path in folder.iterdir()}
    waiting = [*folder.iterdir()]
    while waiting:
        text = run([f"{parts.TRIPLET}-readelf", "--dynamic", str(waiting.pop())], "readelf to list libraries")
        for line in text.splitlines():
            name = line.partition("Shared library: [")[2].removesuffix("]")
            if name and name not in seen:
                seen.add(name)
                copy = folder / name
                shutil.copy2(parts.SYSROOT / "lib" / name, copy)
                waiting.append(copy)
