"""Lowering to a Core ML mlprogram for iOS 17."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import nn

from mobileseg.export.backends.contract import INPUT_NAME, Lowered, Lowering
from mobileseg.export.targets import FLOAT32

HALF_LIMIT = torch.finfo(torch.float16).max / 2


def within_halves(module: nn.Module) -> nn.Module:
    """A copy with all constants clamped so that the sum of two is finite in float16. The constant that masks attention logits would
    become infinite, and infinity times zero is NaN."""
    module = copy.deepcopy(module)
    with torch.no_grad():
        for tensor in (*module.parameters(), *module.buffers()):
            if tensor.is_floating_point():
                tensor.clamp_(-HALF_LIMIT, HALF_LIMIT)
    return module


def lower(lowering: Lowering, folder: Path) -> Lowered:
    """Write a .mlpackage folder into ``folder``. Quantized graphs keep their quantize and dequantize pairs; coremltools turns those of
    weights into ``constexpr_affine_dequantize``."""
    import coremltools as ct
    import numpy as np

    module = lowering.module if lowering.precision == FLOAT32 else within_halves(lowering.module)
    with torch.no_grad():
        program = torch.export.export(module, (lowering.example,)).run_decompositions({})
    mask = lowering.deployed.emit == "mask"
    model = ct.convert(
        program,
        convert_to="mlprogram",
        minimum_deployment_target=ct.target.iOS17,
        inputs=[ct.TensorType(name=INPUT_NAME, shape=tuple(lowering.example.shape), dtype=np.float32)],
        outputs=[ct.TensorType(name=name, dtype=np.int32 if mask else np.float32) for name in lowering.output_names],
        compute_precision=ct.precision.FLOAT32 if lowering.precision == FLOAT32 else ct.precision.FLOAT16,
        skip_model_load=True,
    )
    model.author = "mobileseg"
    model.short_description = lowering.essentials.get("mobileseg.model", "")
    model.license = lowering.essentials.get("mobileseg.weights.licence", "")
    model.user_defined_metadata.update(lowering.essentials)
    path = folder / lowering.file_name
    model.save(str(path))
    return Lowered(path)
