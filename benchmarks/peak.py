"""Peak memory of loading and running one .pte, in a process of its own: prints bytes above what the runtime itself takes.

python benchmarks/peak.py FILE HEIGHT WIDTH
"""

from __future__ import annotations

import sys
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc(5): the peak becomes what is resident now; importing alone reaches higher than many a file does


def resident(field: str) -> int:
    """``VmRSS`` (now) or ``VmHWM`` (peak) of this process in bytes; Linux only."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def main(file: str, height: str, width: str) -> None:
    """Three runs: the second and third reuse what the first allocated. Outputs stay the runtime's own: copies of them are Python's."""
    import torch
    from executorch.extension.pybindings import _C

    _C._unsafe_reset_threadpool(1)
    pixels = torch.full((1, 3, int(height), int(width)), 100.0)
    before = resident("VmRSS")
    CLEAR.write_text(RESET_PEAK)
    module = _C._load_for_executorch(file)
    for _ in range(3):
        module.forward([pixels], clone_outputs=False)
    print(resident("VmHWM") - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
