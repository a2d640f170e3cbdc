"""Peak memory of one .pte in a process of its own, loading it and then running it: prints both as JSON, in bytes above what the
runtime itself takes.

python benchmarks/peak.py FILE HEIGHT WIDTH
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc(5): the peak becomes what is resident now; importing alone reaches higher than many a file does


def resident(field: str) -> int:
    """``VmRSS`` (now) or ``VmHWM`` (peak) of this process in bytes; Linux only."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def main(file: str, height: str, width: str) -> None:
    """Loading ends where the delegates hold their packed weights: for a moment these and the file are both there. Then three runs:
    the second and third reuse what the first allocated. Outputs stay the runtime's own: copies of them are Python's."""
    import torch
    from executorch.extension.pybindings import _C

    _C._unsafe_reset_threadpool(1)
    pixels = torch.full((1, 3, int(height), int(width)), 100.0)
    before = resident("VmRSS")
    CLEAR.write_text(RESET_PEAK)
    program = _C._load_program(file)
    method = program.load_method("forward")
    loading = resident("VmHWM")
    CLEAR.write_text(RESET_PEAK)
    for _ in range(3):
        method.call([pixels], clone_outputs=False)
    print(json.dumps({"load_peak_bytes": loading - before, "peak_bytes": resident("VmHWM") - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
