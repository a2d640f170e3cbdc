"""Starting the runner as devices start it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from mobileseg.export.artifact import Artifact


def plan(**numbers: object) -> tuple[str, str]:
    """``--protocol`` with these numbers."""
    return "--protocol", json.dumps(numbers)


QUICK = ("--threads", "1", *plan(turns=2, runs=3, warmup_min=4, warmup_max=6))


def run(*arguments: object) -> tuple[int, list[dict[str, Any]], str]:
    """Exit status, events, standard error."""
    command = [sys.executable, "-m", "mobileseg.latency.runners.python", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def write_input(artifact: Artifact, path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    pixels = np.random.default_rng(0).uniform(0, 255, artifact.manifest.input.shape).astype(np.float32)
    pixels.tofile(path)
    return pixels
