"""Lowering to ExecuTorch with the XNNPACK delegate."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path

import torch

from mobileseg.export.delegation import WhyNot, report
from mobileseg.export.lowering import Lowered, Lowering


def lower(lowering: Lowering, folder: Path) -> Lowered:
    """Write a .pte; the delegation report is part of the answer."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    with torch.no_grad(), WhyNot() as why, _no_collection():
        program = torch.export.export(lowering.module, (lowering.example,))
        edge = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
        delegation = report(edge.exported_program(), why.reasons)
        buffer = edge.to_executorch().buffer
    path = folder / lowering.file_name
    path.write_bytes(buffer)
    return Lowered(path, delegation)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Some sixty passes rebuild the graph one after the other: the garbage collector then walks millions of live objects
    and finds nothing (a tenth of the time)."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
