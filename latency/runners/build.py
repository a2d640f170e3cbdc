"""Builds the C++ runner from the sources in ``cpp/``, once for every set of inputs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mobileseg.files import sha256
from mobileseg.latency.runners import debian, elf, packed, parts, sdk
from mobileseg.latency.runners.compiling import built, compiler, run

SOURCES = Path(__file__).parent / "cpp"
RUNNER = "runner"
OTHERWISE = "pip install the wheel mobileseg_arm_runner, which `make dist` makes where this can be built"
LOADER = "ld-linux-aarch64.so.1"


def arm_runner() -> Path:
    """The folder to copy to an ARM Linux or Android: ``ld-linux-aarch64.so.1``, ``runner`` and every library that it needs.

    Start it there, from any folder: ``FOLDER/ld-linux-aarch64.so.1 --library-path FOLDER FOLDER/runner ...``. It is that of the
    installed package ``mobileseg-arm-runner``, else it is built by the first call. Raises ``EnvironmentLackError``, ``DownloadError``,
    ``MissingExtraError``.
    """
    ready = packed.installed_kit()
    if ready is not None:
        packed.check(ready, sha256(SOURCES), sdk.release())
        return ready
    parts.require(parts.CROSS, "building the ARM runner", otherwise=OTHERWISE)
    kit = sdk.aarch64_sdk()
    inputs = {
        "runner": sha256(SOURCES),
        "kit": sdk.wheel_of(kit),
        "compiler": compiler(f"{parts.TRIPLET}-g++"),
        "glibc": debian.version("libc6-arm64-cross"),
        **_headers(),
    }

    def make(folder: Path) -> None:
        _cmake(kit, folder, "-DCMAKE_TOOLCHAIN_FILE=" + str(SOURCES / "aarch64-linux-gnu.cmake"))
        sdk.copy_libraries(kit, folder)
        _copy_needed(folder)
        (folder / LOADER).chmod(0o755)
        elf.check_pages(folder)

    return built("runner-aarch64", inputs, make)


def native_runner() -> Path:
    """The same program for this machine, linked with the installed package, so that it can be tested without an emulator. The
    compiler's warnings are errors here. Raises ``EnvironmentLackError``, ``MissingExtraError``."""
    parts.require(parts.NATIVE, "building the runner for this machine")
    kit = sdk.native_sdk()
    inputs = {"runner": sha256(SOURCES), "kit": f"{sdk.wheel_of(kit)} in {kit}", **_headers()}
    return (
        built("runner-native", inputs, lambda folder: _cmake(kit, folder, "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON"))
        / RUNNER
    )


def _headers() -> dict[str, str]:
    """Version and digest of each library that is compiled in. The digest tells releases apart where dpkg knows no version."""
    return {
        part.package: f"{debian.version(part.package)} sha256:{sha256(Path(part.program).parent)}"
        for part in parts.HEADERS
    }


def _cmake(kit: Path, folder: Path, *options: str) -> None:
    work = folder.parent / "cmake"
    found = {
        "executorch_DIR": kit / "share" / "cmake",
        "JSON_HEADERS": Path(parts.JSON.program).parents[1],
        "CLI11_HEADERS": Path(parts.CLI11.program).parents[1],
    }
    where = [*(f"-D{name}={path}" for name, path in found.items()), "-S", str(SOURCES), "-B", str(work)]
    run(["cmake", "-G", "Unix Makefiles", *where, *options], "CMake to configure the runner")
    run(["cmake", "--build", str(work), "--parallel", str(os.cpu_count() or 1)], "the runner to compile")
    shutil.copy2(work / RUNNER, folder / RUNNER)


def _copy_needed(folder: Path) -> None:
    """Copy the loader and the libraries that the files in ``folder`` need, and those that these need, from the compiler's sysroot."""
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
