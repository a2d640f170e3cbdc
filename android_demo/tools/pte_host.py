"""Runs a .pte for ``org.pytorch.executorch.Module`` of standins/, with tensors on standard input and standard output.

Little-endian. A message is an int32 count, then for each tensor one byte (0 float32, 1 int64, 2 int32), an int32 rank, int64
sizes, and the data, int32 values as int64. A reply that starts with -1 is an error: an int32 length and the message in UTF-8 follow.
The first reply comes before any request: 0 when the file is loaded.

    python pte_host.py [--packages FOLDER] FILE.pte THREADS

``FOLDER`` contains another release of the Python package executorch to use instead of the installed one.
"""

from __future__ import annotations

import argparse
import importlib
import os
import struct
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np


def _take(stream: BinaryIO, form: str) -> tuple[int, ...]:
    size = struct.calcsize(form)
    raw = stream.read(size)
    if len(raw) < size:
        raise EOFError
    return struct.unpack(form, raw)


def _read_tensor(stream: BinaryIO) -> np.ndarray:
    _, rank = _take(stream, "<bi")
    shape = _take(stream, f"<{rank}q")
    values = np.frombuffer(stream.read(4 * int(np.prod(shape))), dtype="<f4")
    return values.reshape(shape).copy()  # torch wants memory that can be written


def _write_outputs(stream: BinaryIO, outputs: Sequence[np.ndarray]) -> None:
    stream.write(struct.pack("<i", len(outputs)))
    for output in outputs:
        integers = 2 if output.dtype == np.int32 else 1
        kind, values = (0, output.astype("<f4")) if output.dtype.kind == "f" else (integers, output.astype("<i8"))
        stream.write(struct.pack(f"<bi{values.ndim}q", kind, values.ndim, *values.shape))
        stream.write(np.ascontiguousarray(values).tobytes())


def _write_failure(stream: BinaryIO, error: Exception) -> None:
    message = str(error).encode()
    stream.write(struct.pack("<ii", -1, len(message)) + message)


def _load(path: str, threads: int) -> Any:
    import torch

    torch.zeros(1)  # loads torch's libraries, which must come before the extension's
    where = "executorch.extension.pybindings"
    try:
        runtime = importlib.import_module(f"{where}._C")
    except ModuleNotFoundError:  # its name until 1.4
        runtime = importlib.import_module(f"{where}._portable_lib")
    if hasattr(runtime, "_unsafe_reset_threadpool"):
        runtime._unsafe_reset_threadpool(threads)
    return runtime._load_for_executorch(path)


def main(path: str, threads: int) -> None:
    """Answer requests until the pipe is closed."""
    requests = sys.stdin.buffer
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of the runtime goes to standard error
    try:
        module = _load(path, threads)
    except RuntimeError as error:
        _write_failure(replies, error)
        replies.flush()
        return
    import torch

    _write_outputs(replies, [])
    replies.flush()
    while True:
        try:
            (count,) = _take(requests, "<i")
        except EOFError:
            return
        batches = [torch.from_numpy(_read_tensor(requests)) for _ in range(count)]
        try:
            outputs = [output.numpy() for output in module.forward(batches)]
        except RuntimeError as error:
            _write_failure(replies, error)
        else:
            _write_outputs(replies, outputs)
        replies.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages")
    parser.add_argument("path")
    parser.add_argument("threads", type=int)
    asked = parser.parse_args()
    if asked.packages:
        sys.path.insert(0, asked.packages)
    main(asked.path, asked.threads)
