"""From a float deploy form to the quantized graph that every target is lowered from."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import torch
from torch.fx import GraphModule
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from mobileseg.data.images import Batch
from mobileseg.export.manifest import FloatPart
from mobileseg.export.quantizer import Int8Quantizer
from mobileseg.export.switches import SwitchedGraph, switched
from mobileseg.models.deploy import DeployedModel


def calibrate(module: DeployedModel, batches: Iterable[Batch], quantizer: Int8Quantizer) -> GraphModule:
    """The exported graph with an observer wherever ``quantizer`` wants a rounding, each having seen ``batches``
    (``(1, 3, height, width)`` float32 in 0..255)."""
    example = torch.zeros(1, 3, module.height, module.width)
    with torch.no_grad():
        prepared: GraphModule = prepare_pt2e(torch.export.export(module, (example,), strict=False).module(), quantizer)
        for batch in batches:
            prepared(torch.from_numpy(batch))
    return prepared


def quantize(
    module: DeployedModel, batches: Iterable[Batch], keep_float: Collection[str] = ()
) -> tuple[GraphModule, tuple[FloatPart, ...]]:
    """Post-training static quantization, calibrated on ``batches``; ``keep_float``: names of layers or of modules around them.

    Gives the graph with explicit quantize and dequantize operators, and what was left float with the reasons.
    """
    quantizer = Int8Quantizer(frozenset(keep_float).__contains__)
    prepared = calibrate(module, batches, quantizer)
    with torch.no_grad():
        return convert_pt2e(prepared), quantizer.kept_float


def switchable(module: DeployedModel, batches: Iterable[Batch]) -> SwitchedGraph:
    """The same, with a switch at every rounding in place of a decision."""
    quantizer = Int8Quantizer()
    prepared = calibrate(module, batches, quantizer)
    with torch.no_grad():
        return switched(convert_pt2e(prepared, fold_quantize=False), quantizer)
