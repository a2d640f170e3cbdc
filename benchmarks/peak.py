"""Peak memory of one .pte in a process of its own, loading it and then running it: prints both as JSON, in bytes above what the
runtime itself takes.

python benchmarks/peak.py FILE HEIGHT WIDTH
"""

from __future__ import annotations

import json
import sys

from mobileseg.latency.runners.python import memory

KIB = 1024


def main(file: str, height: str, width: str) -> None:
    """Loading ends where the delegates hold their packed weights: for a moment these and the file are both there. Then three runs:
    the second and third reuse what the first allocated. Outputs stay the runtime's own: copies of them are Python's."""
    import torch
    from executorch.extension.pybindings import _C

    _C._unsafe_reset_threadpool(1)
    pixels = torch.full((1, 3, int(height), int(width)), 100.0)
    before = memory.baseline_kb()
    program = _C._load_program(file)
    method = program.load_method("forward")
    loading = memory.peak_kb()
    memory.reset_peak()
    for _ in range(3):
        method.call([pixels], clone_outputs=False)
    running = memory.peak_kb()
    assert before and loading and running, "Linux alone tells a process its peak"
    print(json.dumps({"load_peak_bytes": (loading - before) * KIB, "running_peak_bytes": (running - before) * KIB}))


if __name__ == "__main__":
    main(*sys.argv[1:])
