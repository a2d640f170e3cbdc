"""The C++ SDK of ExecuTorch: for this machine the installed wheel, for ARM the same release's aarch64 wheel."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from importlib import metadata
from pathlib import Path

from mobileseg import files
from mobileseg.errors import DownloadError, EnvironmentLackError, MissingExtraError
from mobileseg.files import is_disk_full, publish, sha256, staging
from mobileseg.latency.arm.call import call, last_lines

PACKAGE = "executorch"
PLATFORM = "manylinux_2_28_aarch64"
TIMEOUT_S = 600.0
WANTED = ("executorch/include/", "executorch/lib/", "executorch/share/cmake/")


def cache_folder() -> Path:
    """Where everything ARM is built and kept: ``$MOBILESEG_CACHE``, else the user's cache folder, and ``arm`` below it. Raises
    ``EnvironmentLackError`` where it cannot be made."""
    folder = files.cache_folder("arm")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentLackError(
            expected="a cache folder that can be written", found=str(error), todo="set MOBILESEG_CACHE to one"
        ) from error
    return folder


def release() -> str:
    """The installed release of ExecuTorch, which the ARM side must equal. Raises ``MissingExtraError``."""
    try:
        return metadata.version(PACKAGE).split("+", maxsplit=1)[0]
    except metadata.PackageNotFoundError as error:
        raise MissingExtraError(purpose="the ARM runner", package=PACKAGE, extra="executorch") from error


def native_sdk() -> Path:
    """The folder of the installed package; raises ``EnvironmentLackError`` where that wheel carries no C++ SDK."""
    version = release()
    spec = importlib.util.find_spec(PACKAGE)  # imports nothing
    places = list(spec.submodule_search_locations or ()) if spec else []
    return _checked(Path(places[0] if places else PACKAGE), version)


def aarch64_sdk() -> Path:
    """The unpacked SDK of the aarch64 wheel, fetched once. Raises ``DownloadError``, ``EnvironmentLackError``."""
    version = release()
    folder = cache_folder() / f"sdk-{version}-aarch64"
    if not folder.exists():
        with staging(folder) as work:
            wheel = _fetch(version, work)
            unpacked = work / "unpacked"
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(unpacked, [name for name in archive.namelist() if name.startswith(WANTED)])
            (unpacked / "wheel.txt").write_text(f"{wheel.name} sha256:{sha256(wheel)}\n", encoding="utf-8")
            if not folder.exists():  # another process may have been faster
                publish([(unpacked, folder)])
    return _checked(folder / PACKAGE, version)


def wheel_of(sdk: Path) -> str:
    """File name and digest of the wheel that ``aarch64_sdk`` unpacked; for the installed package its release."""
    record = sdk.parent / "wheel.txt"
    return record.read_text(encoding="utf-8").strip() if record.exists() else f"{PACKAGE}=={release()}, installed"


def _checked(sdk: Path, version: str) -> Path:
    if not (sdk / "lib" / "libexecutorch.so").exists():
        raise EnvironmentLackError(
            expected=f"a wheel of {PACKAGE} {version} with the C++ SDK (lib/libexecutorch.so)",
            found=f"none in {sdk}",
            todo=f"pip install '{PACKAGE}>=1.5.1' on Linux; remove {cache_folder()} if it was cut short",
        )
    return sdk


def _fetch(version: str, folder: Path) -> Path:
    """``pip download`` honours the user's index, proxy and certificates; uv has no such command."""
    download = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
        "--platform", PLATFORM, "--python-version", f"{sys.version_info.major}.{sys.version_info.minor}",
        "--dest", str(folder), f"{PACKAGE}=={version}",
    ]  # fmt: skip
    done = call(download, TIMEOUT_S)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        error = OSError(done.stderr)
        if is_disk_full(error):
            raise error
        raise DownloadError(
            expected=f"the wheel {PACKAGE}=={version} for {PLATFORM} from the package index",
            found=last_lines(done.stderr) or f"{len(wheels)} files",
            todo="check the network and pip's settings (python -m pip must run in this environment)",
        )
    return wheels[0]


def libraries(sdk: Path) -> tuple[Path, ...]:
    """The shared libraries that the runner is linked with."""
    names = ("", "_kernels_optimized", "_kernels_quantized", "_backend_xnnpack", "_threadpool", "_etdump")
    return tuple(sdk / "lib" / f"libexecutorch{name}.so" for name in names)


def copy_libraries(sdk: Path, folder: Path) -> None:
    """Put them into ``folder``."""
    for library in libraries(sdk):
        shutil.copy2(library, folder / library.name)
