"""Instructions that one inference of each file executes on an emulated ARM core."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from mobileseg.data.images import Batch
from mobileseg.errors import ArtifactError, EnvironmentLackError
from mobileseg.latency.emulation.cores import CORES
from mobileseg.latency.emulation.emulator import emulator
from mobileseg.latency.measuring.counting import subject

CORE = "cortex-a76"
Key = tuple[str, str]
"""Form and precision of a file."""


def instructions(paths: Mapping[Key, Path], batch: Batch) -> dict[Key, int]:
    """By the keys of ``paths``, of ``.pte`` files that run here; one that the ARM runner refuses is not among them. Empty where nothing can
    be emulated."""
    found: dict[Key, int] = {}
    try:
        with emulator(CORES[CORE]) as machine:
            for key, path in paths.items():
                try:
                    (counts,) = machine.count(subject(machine, path, batch))
                except ArtifactError as error:
                    print(f"  not counted: {error.found}", file=sys.stderr)
                else:
                    found[key] = counts["instructions"]
    except EnvironmentLackError as error:
        print(f"  not counted: {error.found}", file=sys.stderr)
    return found
