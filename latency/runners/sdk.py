"""The C++ SDK of ExecuTorch: of the installed wheel for this machine, of the same release's aarch64 wheel for ARM."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from importlib import metadata
from pathlib import Path

from mobileseg.errors import EnvironmentLackError, MissingExtraError
from mobileseg.files import sha256
from mobileseg.latency.runners import cache, wheels

PACKAGE = "executorch"
RECORD = "wheel.txt"
"""A file beside the unpacked SDK: name and digest of its wheel."""

WANTED = ("executorch/include/", "executorch/lib/", "executorch/share/cmake/")


def release() -> str:
    """The installed release of ExecuTorch, such as ``1.5.1``; the ARM runner is built for the same. Raises ``MissingExtraError``."""
    try:
        return metadata.version(PACKAGE).split("+", maxsplit=1)[0]
    except metadata.PackageNotFoundError as error:
        raise MissingExtraError(purpose="the C++ runner", package=PACKAGE, extra="executorch") from error


def native_sdk() -> Path:
    """The folder of the installed package. Raises ``MissingExtraError``; ``EnvironmentLackError`` if its wheel has no C++ SDK."""
    version = release()
    spec = importlib.util.find_spec(PACKAGE)  # imports nothing
    places = list(spec.submodule_search_locations or ()) if spec else []
    return _checked(Path(places[0] if places else PACKAGE), version)


def aarch64_sdk() -> Path:
    """The unpacked SDK of the aarch64 wheel, downloaded once. Raises ``DownloadError``, ``EnvironmentLackError``."""
    version = release()

    def make(folder: Path) -> None:
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        wheel = wheels.fetch(f"{PACKAGE}=={version}", python, folder.parent)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith(WANTED)])
        (folder / RECORD).write_text(f"{wheel.name} sha256:{sha256(wheel)}\n", encoding="utf-8")

    return _checked(cache.once(f"sdk-{version}-aarch64", make) / PACKAGE, version)


def wheel_of(sdk: Path) -> str:
    """File name and digest of the wheel that ``aarch64_sdk`` unpacked; the release for the installed package."""
    record = sdk.parent / RECORD
    return record.read_text(encoding="utf-8").strip() if record.exists() else f"{PACKAGE}=={release()}, installed"


def _checked(sdk: Path, version: str) -> Path:
    if not (sdk / "lib" / "libexecutorch.so").exists():
        raise EnvironmentLackError(
            expected=f"a wheel of {PACKAGE} {version} with the C++ SDK (lib/libexecutorch.so)",
            found=f"none in {sdk}",
            fix=f"pip install '{PACKAGE}>=1.5.1' on Linux; if a download was interrupted, remove {cache.place()}",
        )
    return sdk


def libraries(sdk: Path) -> tuple[Path, ...]:
    """The shared libraries that the runner is linked with."""
    names = ("", "_kernels_optimized", "_kernels_quantized", "_backend_xnnpack", "_threadpool", "_etdump")
    return tuple(sdk / "lib" / f"libexecutorch{name}.so" for name in names)


def copy_libraries(sdk: Path, folder: Path) -> None:
    """Copy ``libraries(sdk)`` to ``folder``."""
    for library in libraries(sdk):
        shutil.copy2(library, folder / library.name)
