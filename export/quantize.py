"""From a float deploy form to the quantized graph that every target is lowered from."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch.fx import GraphModule
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from mobileseg.data.images import Batch
from mobileseg.export.manifest import FloatPart
from mobileseg.export.quantizer import Int8Quantizer
from mobileseg.models.deploy import DeployedModel


def quantize(module: DeployedModel, batches: Iterable[Batch]) -> tuple[GraphModule, tuple[FloatPart, ...]]:
    """Post-training static quantization, calibrated on ``batches`` (each ``(1, 3, height, width)`` float32 in 0..255).

    Gives the graph with explicit quantize and dequantize operators, and what was left float with the reasons.
    """
    example = torch.zeros(1, 3, module.height, module.width)
    quantizer = Int8Quantizer()
    with torch.no_grad():
        prepared = prepare_pt2e(torch.export.export(module, (example,), strict=False).module(), quantizer)
        for batch in batches:
            prepared(torch.from_numpy(batch))
        return convert_pt2e(prepared), quantizer.kept_float
