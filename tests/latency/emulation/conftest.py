import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from required import lacking

from mobileseg.errors import EnvironmentLackError
from mobileseg.latency.emulation.build import plugin as build_plugin
from mobileseg.latency.runners import build, parts

REQUIRED = ("CI", "MOBILESEG_REQUIRE_ARM")
"""If one of these variables is set, missing packages fail the tests instead of skipping them."""


def needed(make: Callable[[], Path]) -> Path:
    """What ``make`` builds. Skips with the reason if packages are missing, or fails if they are required."""
    try:
        return make()
    except EnvironmentLackError as error:
        lacking(error, *REQUIRED)


@pytest.fixture(scope="session")
def native_runner() -> Path:
    return needed(build.native_runner)


@pytest.fixture(scope="session")
def arm_kit() -> Path:
    def make() -> Path:
        parts.require(parts.EMULATOR, "emulating an ARM core")
        return build.arm_runner()

    return needed(make)


@pytest.fixture(scope="session")
def plugin() -> Path:
    return needed(build_plugin)


@pytest.fixture(scope="session")
def cross() -> Callable[..., str]:
    """Runs a tool of the cross compiler."""

    def make() -> Path:
        parts.require(parts.CROSS, "assembling for ARM")
        return Path(shutil.which(f"{parts.TRIPLET}-as") or "")

    needed(make)

    def run(tool: str, *arguments: object, given: str | None = None) -> str:
        command: Sequence[str] = [f"{parts.TRIPLET}-{tool}", *map(str, arguments)]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout

    return run
