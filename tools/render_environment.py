"""Makes the environment that tools/render runs in: Python 3.11, bpy and what it needs, and Debian's libraries where this is root.

``python tools/render_environment.py`` with mobileseg's own Python; prints the path of the environment's Python. A second call does
nothing. ``--if-possible`` says why it cannot be done and goes on, unless CI or MOBILESEG_REQUIRE_BPY is set.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

from debian_packages import install
from environments import build, uv

from mobileseg.errors import MobilesegError
from mobileseg.latency.runners.debian import Part

REQUIRED = ("CI", "MOBILESEG_REQUIRE_BPY")
ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "tools" / "render" / "requirements.txt"
PYTHON = "3.11"  # bpy's wheels are for one version of Python each
_LIBRARIES = "/usr/lib/x86_64-linux-gnu"
LIBRARIES = tuple(
    Part(package, f"{_LIBRARIES}/{file}")
    for package, file in {
        "libgl1": "libGL.so.1",
        "libice6": "libICE.so.6",
        "libsm6": "libSM.so.6",
        "libx11-6": "libX11.so.6",
        "libxfixes3": "libXfixes.so.3",
        "libxi6": "libXi.so.6",
        "libxkbcommon0": "libxkbcommon.so.0",
        "libxrender1": "libXrender.so.1",
    }.items()
)


def folder() -> Path:
    """Where the environment is: MOBILESEG_RENDER_ENV, or build/render in the checkout."""
    return Path(os.environ.get("MOBILESEG_RENDER_ENV") or ROOT / "build" / "render")


def python() -> Path:
    """The environment's Python, there or not."""
    return folder() / "bin" / "python"


def ready() -> bool:
    """Whether the environment was made from the requirements as they are now."""
    mark = folder() / "requirements"
    return python().exists() and mark.is_file() and mark.read_text(encoding="utf-8") == _digest()


def make() -> None:
    """Make it. Raises ``EnvironmentLackError``."""
    if sys.platform == "linux" and os.uname().machine == "x86_64":
        install(LIBRARIES, "rendering with bpy", "render-env")
    if ready():
        return
    build(uv(), folder(), PYTHON, REQUIREMENTS, "import bpy, OpenEXR", "check the network and the disk: it takes 1 GB")
    (folder() / "requirements").write_text(_digest(), encoding="utf-8")


def _digest() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--if-possible", action="store_true", help="no failure where it cannot be had")
    asked = parser.parse_args()
    try:
        make()
    except MobilesegError as error:
        print(f"there is no environment to render in: {error}", file=sys.stderr)
        optional = asked.if_possible and not any(os.environ.get(name) for name in REQUIRED)
        return 0 if optional else error.exit_code
    print(python())
    return 0


if __name__ == "__main__":
    sys.exit(main())
