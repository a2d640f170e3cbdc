"""Packs the runner for ARM as the wheel `mobileseg-arm-runner`, for hosts that cannot build it (macOS, Windows): `make dist`.

    python tools/arm_wheel.py dist

`--if-possible` says why it cannot be built and continues.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from mobileseg.errors import MobilesegError
from mobileseg.latency.runners import build, sdk
from mobileseg.latency.runners.packed import FOLDER, PACKAGE

PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "{version}"
description = "The runner of mobileseg for 64-bit ARM Linux and Android, for ExecuTorch {release}"
readme = "README.md"
requires-python = ">=3.11"

[tool.setuptools]
packages = ["{package}"]

[tool.setuptools.package-data]
{package} = ["{folder}/*", "licences/*"]
"""
README = """The program that mobileseg {version} copies to phones and boards to measure .pte files, with every library that it needs.
mobileseg finds it when it is installed, and builds nothing then.

It holds the runner (Apache-2.0), ExecuTorch {release} (BSD-3-Clause), and the loader, the C and the C++ library of Debian's cross
compiler (LGPL-2.1-or-later; GPL-3.0 with the GCC runtime library exception), whose copyright files are in `licences`.
"""
COPYRIGHT = "/usr/share/doc/{package}/copyright"
DEBIAN = ("libc6-arm64-cross", "libstdc++6-arm64-cross", "libgcc-s1-arm64-cross")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", type=Path, help="folder for the wheel")
    parser.add_argument("--if-possible", action="store_true", help="no failure where it cannot be built")
    parser.add_argument("--no-isolation", action="store_true", help="build with the setuptools that is installed")
    asked = parser.parse_args()
    try:
        kit = build.arm_runner()
    except MobilesegError as error:
        print(f"no wheel of the ARM runner: {error}", file=sys.stderr)
        return 0 if asked.if_possible else error.exit_code
    with tempfile.TemporaryDirectory(prefix="mobileseg-wheel-") as folder:
        lay_out(kit, Path(folder))
        how = ["--no-isolation"] if asked.no_isolation else ["--installer", "uv"]
        command = [sys.executable, "-m", "build", "--wheel", *how, "--outdir", str(asked.output), folder]
        return subprocess.run(command, check=False).returncode


def lay_out(kit: Path, folder: Path) -> None:
    """A project in ``folder`` whose only content is the ``kit``."""
    facts = {
        "name": PACKAGE.replace("_", "-"), "package": PACKAGE, "folder": FOLDER, "release": sdk.release(),
        "version": metadata.version("mobileseg"),
    }  # fmt: skip
    (folder / "pyproject.toml").write_text(PROJECT.format(**facts), encoding="utf-8")
    (folder / "README.md").write_text(README.format(**facts), encoding="utf-8")
    package = folder / PACKAGE
    shutil.copytree(kit, package / FOLDER)
    (package / "__init__.py").write_text(
        '"""Data: the runner for 64-bit ARM, in the folder kit."""\n', encoding="utf-8"
    )
    (package / "licences").mkdir()
    for name in DEBIAN:
        source = Path(COPYRIGHT.format(package=name))
        if source.exists():
            shutil.copyfile(source, package / "licences" / f"{name}.txt")


if __name__ == "__main__":
    sys.exit(main())
