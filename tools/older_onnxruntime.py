"""Brings the ONNX Runtime that phones still have, 1.17 of 2024, in an environment of its own: tests read the files with it, too. A second
call does nothing.

``--if-possible`` says why it cannot be had and continues, unless CI or MOBILESEG_REQUIRE_READERS is set.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from environments import ROOT, build, uv

from mobileseg.errors import MobilesegError

REQUIRED = ("CI", "MOBILESEG_REQUIRE_READERS")
REQUIREMENTS = ROOT / "tools" / "older_onnxruntime.txt"
PYTHON = "3.11"  # the last releases for which this one has wheels: 3.12
FOLDER = ROOT / "build" / "older-onnxruntime"


def python() -> Path:
    """The environment's Python, there or not."""
    return FOLDER / "bin" / "python"


def ready() -> bool:
    """Whether the environment was made from the requirements as they are now."""
    mark = FOLDER / "requirements.txt"
    return python().exists() and mark.is_file() and mark.read_bytes() == REQUIREMENTS.read_bytes()


def make() -> None:
    """Make it. Raises ``EnvironmentLackError``."""
    if not ready():
        build(uv(), FOLDER, PYTHON, REQUIREMENTS, "import onnxruntime", "check the network: it takes 100 MB")
        (FOLDER / "requirements.txt").write_bytes(REQUIREMENTS.read_bytes())


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--if-possible", action="store_true", help="no failure where it cannot be had")
    asked = parser.parse_args()
    try:
        make()
    except MobilesegError as error:
        print(f"there is no older ONNX Runtime: {error}", file=sys.stderr)
        optional = asked.if_possible and not any(os.environ.get(name) for name in REQUIRED)
        return 0 if optional else error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
