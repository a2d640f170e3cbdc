"""Lowering to ExecuTorch with the XNNPACK delegate."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.export import ExportedProgram
from torch.fx import GraphModule

from mobileseg.export.backends.contract import Lowered, Lowering
from mobileseg.export.backends.executorch.bands import in_bands
from mobileseg.export.backends.executorch.delegation import WhyNot, report
from mobileseg.export.backends.executorch.pixels import transpose_before_rounding

VECTOR = 16  # float32 of AVX-512, the widest that XNNPACK's kernels take


def lower(lowering: Lowering, folder: Path) -> Lowered:
    """Write a .pte; the delegation report is part of the answer."""
    from executorch.exir import to_edge_transform_and_lower

    with torch.no_grad(), WhyNot() as why, _no_collection():
        program = torch.export.export(lowering.module, (lowering.example,))
        graph = program.module()
        assert isinstance(graph, GraphModule)
        if transpose_before_rounding(graph) or in_bands(graph):
            program = torch.export.export(graph, (lowering.example,))
        edge = to_edge_transform_and_lower(program, partitioner=[partitioner()])
        delegation = report(edge.exported_program(), why.reasons)
        buffer = edge.to_executorch(memory(lowering.example)).buffer
    path = folder / lowering.file_name
    path.write_bytes(buffer)
    return Lowered(path, delegation)


def memory(example: Tensor) -> Any:
    """The input stays in its caller's memory: planned, it would be copied in every run, and it and the output are alive together
    around a single delegate call.

    XNNPACK's kernels read whole vectors, past the end of a plane that is not a multiple of them; such an input is planned.
    """
    from executorch.exir import ExecutorchBackendConfig
    from executorch.exir.passes import MemoryPlanningPass

    pixels = example.shape[-2] * example.shape[-1]
    return ExecutorchBackendConfig(memory_planning_pass=MemoryPlanningPass(alloc_graph_input=pixels % VECTOR != 0))


def partitioner() -> Any:
    """XNNPACK's, which is not asked which of the operators that it names are to be kept whole: all of them.

    Where it is asked, the program is decomposed twice more, a fifth of the time. Deploy forms hold none of those operators in a
    shape that it would refuse; one that it did would be named in the delegation report as what it is.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    class Partitioner(XnnpackPartitioner):  # type: ignore[misc]  # executorch ships no types
        def ops_to_not_decompose(self, ep: ExportedProgram) -> tuple[list[OpOverload], None]:
            kept, _ = super().ops_to_not_decompose(ep)
            return kept, None

    return Partitioner()


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
