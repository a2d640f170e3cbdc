"""Builds the runner for ARM, the plugin that counts, and what they need: `make arm-runner`. A second call does nothing.

Debian's packages that are not here are installed where this runs as root; `--if-possible` says why it cannot be done and continues,
unless CI or MOBILESEG_REQUIRE_ARM is set.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from debian_packages import install

from mobileseg.errors import MobilesegError
from mobileseg.files import size_bytes, staging
from mobileseg.latency.emulation.build import plugin as plugin_library
from mobileseg.latency.runners import build, parts

REQUIRED = ("CI", "MOBILESEG_REQUIRE_ARM")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="copy the folder for the device to this place")
    parser.add_argument("--if-possible", action="store_true", help="no failure where Debian's parts cannot be had")
    asked = parser.parse_args()
    try:
        installed = install(parts.ALL, "the ARM runner", parts.MAKE)
        kit, plugin = build.arm_runner(), plugin_library()
    except MobilesegError as error:
        print(f"the ARM side was not built: {error}", file=sys.stderr)
        optional = asked.if_possible and not any(os.environ.get(name) for name in REQUIRED)
        return 0 if optional else error.exit_code
    if installed:
        print(f"installed {' '.join(installed)}")
    if asked.output is not None:
        _copy(kit, asked.output)
        kit = asked.output
    print(f"runner {kit} ({size_bytes(kit) / 1e6:.1f} MB), plugin {plugin}")
    print(f"on the device: ./{build.LOADER} --library-path . ./{build.RUNNER} --model FILE.pte --input PIXELS.bin")
    return 0


def _copy(kit: Path, output: Path) -> None:
    """Whole or not at all; what was there before is replaced."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with staging(output) as work:
        shutil.copytree(kit, work / output.name)
        if output.exists():
            shutil.rmtree(output)
        os.replace(work / output.name, output)


if __name__ == "__main__":
    sys.exit(main())
