"""Whether coremltools' native part is here: without it a conversion runs for minutes and then cannot save its weights.

coremltools installs as pure Python where it has no wheel, such as Linux on ARM, Windows and Pythons newer than it.
"""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import sys
from importlib.machinery import PathFinder

from mobileseg.errors import EnvironmentLackError

# What writes and reads weights and packages; on macOS also what predicts.
MODULES = ("libmilstoragepython", "libmodelpackage", *(("libcoremlpython",) if sys.platform == "darwin" else ()))
WHEELS = "macOS and x86-64 Linux, Python up to 3.13"  # of coremltools 9.0; the extra's markers in pyproject.toml say the same


def has_wheel(system: str, machine: str, python: tuple[int, int]) -> bool:
    """Whether coremltools has a wheel for ``sys.platform``, ``platform.machine()`` and a Python version."""
    return python <= (3, 13) and (system == "darwin" or (system == "linux" and machine == "x86_64"))


def check_native() -> None:
    """Raise ``EnvironmentLackError`` if the native part is missing or does not load. Takes milliseconds: imports no coremltools.

    Where coremltools is not installed at all but could be, nothing is raised: that is a missing extra.
    """
    here = sys.platform, platform.machine(), (sys.version_info.major, sys.version_info.minor)
    found = importlib.util.find_spec("coremltools")
    if found is None:
        if not has_wheel(*here):
            raise _lack("no wheel of it for this machine")
        return
    for name in MODULES:
        path = f"coremltools.{name}"
        blocked = (
            sys.modules.get(path, found) is None
        )  # as importlib.util.find_spec counts it, which would import the package
        module = None if blocked else PathFinder.find_spec(path, found.submodule_search_locations)
        if module is None or module.origin is None:
            raise _lack(f"no {name} in the one that is installed: it was built as pure Python")
        try:
            ctypes.CDLL(module.origin)
        except OSError as error:
            raise _lack(f"{name} does not load: {error}") from error


def _lack(found: str) -> EnvironmentLackError:
    system, machine = sys.platform, platform.machine()
    return EnvironmentLackError(
        expected="coremltools with its native part, for Core ML files",
        found=f"{found} ({system} {machine}, Python {platform.python_version()})",
        fix=f"use a machine with {WHEELS}; then pip install --force-reinstall 'mobileseg[coreml]'",
    )
