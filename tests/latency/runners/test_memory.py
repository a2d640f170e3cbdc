"""What a process says of its memory: each case in a process of its own, whose heap nobody else has used."""

import json
import subprocess
import sys
from typing import Any

BLOCKS, KB = 500, 100  # under the size from which malloc takes pages of their own

USED_BEFORE = f"""
import ctypes, json
from mobileseg.latency.runners.python import memory
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def take():
    blocks = [libc.malloc({KB} * 1024) for _ in range({BLOCKS})]
    for block in blocks:
        ctypes.memset(block, 1, {KB} * 1024)
    return blocks
blocks = take()
for block in blocks[:-1]:  # the last is above them: the heap does not shrink by itself
    libc.free(block)
"""


def printed(code: str) -> Any:
    done = subprocess.run([sys.executable, "-c", USED_BEFORE + code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_peak_counts_what_was_freed_before() -> None:
    base, peak = printed("base = memory.baseline_kb(); take(); print(json.dumps([base, memory.peak_kb()]))")
    assert BLOCKS * KB <= peak - base <= BLOCKS * KB + 2000


def test_a_reset_keeps_the_free_heap() -> None:
    """As between loading and running: what the first left over is the process's, used or not."""
    base, peak = printed("base = memory.reset_peak(); take(); print(json.dumps([base, memory.peak_kb()]))")
    assert peak - base <= 2000
