"""Wheels for 64-bit ARM Linux from the package index, for any version of Python."""

from __future__ import annotations

import sys
from pathlib import Path

from mobileseg.call import call, last_lines
from mobileseg.errors import DownloadError
from mobileseg.files import is_disk_full
from mobileseg.latency.runners import cache

PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
TIMEOUT_S = 600.0


def fetch(requirement: str, python: str, folder: Path) -> Path:
    """Download the wheel of ``requirement``, such as ``numpy`` or ``numpy==2.4.6``, for Python ``python`` (``3.11``) to ``folder``,
    without its dependencies.

    ``pip download`` honours the user's index, proxy and certificates; uv has no such command. Raises ``DownloadError``.
    """
    before = set(folder.glob("*.whl"))
    download = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
        *(word for platform in PLATFORMS for word in ("--platform", platform)), "--python-version", python,
        "--dest", str(folder), requirement,
    ]  # fmt: skip
    done = call(download, TIMEOUT_S)
    wheels = sorted(set(folder.glob("*.whl")) - before)
    if done.returncode != 0 or len(wheels) != 1:
        error = OSError(done.stderr)
        if is_disk_full(error):
            raise error
        raise DownloadError(
            expected=f"the wheel {requirement} for Python {python} on {PLATFORMS[0]} from the package index",
            found=last_lines(done.stderr) or f"{len(wheels)} files",
            fix="check the network and pip's settings (python -m pip must run in this environment)",
        )
    return wheels[0]


def onnxruntime(version: str, python: str) -> tuple[Path, ...]:
    """The wheels of ONNX Runtime and numpy, all that is imported to run a file. Downloaded once. Raises ``DownloadError``."""

    def make(folder: Path) -> None:
        for requirement in (f"onnxruntime=={version}", "numpy"):
            fetch(requirement, python, folder)

    return tuple(sorted(cache.once(f"onnxruntime-{version}-python{python}-aarch64", make).glob("*.whl")))
