"""Peak memory of loading and running one .pte, in a process of its own: prints bytes above what the runtime itself takes.

python benchmarks/peak.py FILE HEIGHT WIDTH
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np

from mobileseg.export.run_executorch import ExecutorchRuntime

KILOBYTE = 1024  # ru_maxrss counts in these on Linux


def main(file: str, height: str, width: str) -> None:
    """Three runs: the second and third reuse what the first allocated."""
    import torch
    from executorch.extension.pybindings import _C

    torch.zeros(1)
    _C._unsafe_reset_threadpool(1)
    pixels = np.full((1, 3, int(height), int(width)), 100, dtype=np.float32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    runtime = ExecutorchRuntime(Path(file), threads=1)
    for _ in range(3):
        runtime.run(pixels)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * KILOBYTE)


if __name__ == "__main__":
    main(*sys.argv[1:])
