"""The machine this runs on."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mobileseg.export.artifact import Artifact

CPUINFO = Path("/proc/cpuinfo")


class Host:
    """Runs artifacts in this process."""

    def hardware(self) -> str:
        """Processor, architecture and cores, as the system names them."""
        lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        return f"{names[0] if names else platform.processor() or 'unknown'}, {platform.machine()}, {max(len(names), 1)} cores"

    def prepare(self, artifact: Artifact, threads: int) -> Callable[[], float]:
        """A function that runs the artifact once on the same fresh contiguous pixels and gives the time in ms."""
        runtime = artifact.load(threads)
        pixels = np.random.default_rng(0).uniform(0, 255, artifact.manifest.input.shape).astype(np.float32)

        def once() -> float:
            begin = time.perf_counter_ns()
            runtime.run(pixels)
            return (time.perf_counter_ns() - begin) / 1e6

        return once
