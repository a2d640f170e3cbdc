"""Lowering to ExecuTorch with the XNNPACK delegate."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.export import ExportedProgram
from torch.fx import GraphModule

from mobileseg.export.backends.contract import Lowered, Lowering
from mobileseg.export.backends.executorch.bands import in_bands
from mobileseg.export.backends.executorch.delegation import WhyNot, report
from mobileseg.export.backends.executorch.half import configs, name_conversions, written_in_half
from mobileseg.export.backends.executorch.layouts import dequantize_by_layout
from mobileseg.export.backends.executorch.outside import with_time_shares
from mobileseg.export.backends.executorch.passes import quick_passes
from mobileseg.export.backends.executorch.pixels import transpose_before_rounding
from mobileseg.models.rewrites.paths import carry_paths

VECTOR = 16  # float32 values of AVX-512, the widest vectors of XNNPACK's kernels


def lower(lowering: Lowering, folder: Path) -> Lowered:
    """Write a .pte into ``folder``; the result includes the delegation report."""
    from executorch.exir import to_edge_transform_and_lower

    with torch.no_grad(), WhyNot() as why, _no_collection(), quick_passes(), written_in_half():
        program = torch.export.export(lowering.module, (lowering.example,))
        carry_paths(lowering.module, program.graph)
        graph = program.module()
        assert isinstance(graph, GraphModule)
        changed = name_conversions(graph), dequantize_by_layout(graph)
        if transpose_before_rounding(graph) or in_bands(graph) or any(changed):
            program = torch.export.export(graph, (lowering.example,))
            carry_paths(graph, program.graph)
        edge = to_edge_transform_and_lower(program, partitioner=[partitioner()])
        delegation = report(edge.exported_program(), why.reasons)
        buffer = edge.to_executorch(memory(lowering.example)).buffer
    path = folder / lowering.file_name
    path.write_bytes(buffer)
    return Lowered(path, with_time_shares(delegation, path, np.zeros(lowering.example.shape, np.float32)))


def memory(example: Tensor) -> Any:
    """The ExecuTorch configuration of memory planning: the input stays in the caller's memory.

    A planned input would be copied in every run, and planning gains nothing: input and output are both alive during the single delegate
    call. But XNNPACK's kernels read whole vectors, past the end of a plane that is not a multiple of them; such an input is planned.
    """
    from executorch.exir import ExecutorchBackendConfig
    from executorch.exir.passes import MemoryPlanningPass

    pixels = example.shape[-2] * example.shape[-1]
    return ExecutorchBackendConfig(memory_planning_pass=MemoryPlanningPass(alloc_graph_input=pixels % VECTOR != 0))


def partitioner() -> Any:
    """XNNPACK's partitioner, set to keep all operators on its list whole without checking each one.

    The check would decompose the program twice more, a fifth of the lowering time. Deploy models contain these operators only in forms
    that XNNPACK takes; one that it did not take would appear in the delegation report.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    class Partitioner(XnnpackPartitioner):  # type: ignore[misc]  # executorch ships no types
        def ops_to_not_decompose(self, ep: ExportedProgram) -> tuple[list[OpOverload], None]:
            kept, _ = super().ops_to_not_decompose(ep)
            return kept, None

    return Partitioner(configs=configs())


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Turn the garbage collector off: while some sixty passes rebuild the graph, it walks millions of live objects and frees nothing,
    which takes a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
