"""Lowering to a Core ML mlprogram."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mobileseg.export.backends.contract import INPUT_NAME, Lowered, Lowering
from mobileseg.export.backends.coreml.tools import import_coremltools
from mobileseg.export.quantization.palettes import LEAST_WEIGHTS
from mobileseg.export.targets import FLOAT32, PALETTIZED

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


def preview(lowering: Lowering) -> dict[str, str]:
    """What Xcode needs to show pictures with their classes: names and colours, as coremltools' guide to segmentation networks has them
    (https://apple.github.io/coremltools/docs-guides/source/xcode-model-preview-types.html). Nothing for a classifier, or where the
    names are not known."""
    classes = lowering.classes
    if classes is None or lowering.deployed.mobileseg_spec.task == "classification":
        return {}
    colors = ["#{:02X}{:02X}{:02X}".format(*color) for color in classes.colors]
    return {
        "com.apple.coreml.model.preview.type": "imageSegmenter",
        "com.apple.coreml.model.preview.params": json.dumps({"labels": list(classes.names), "colors": colors}),
    }


def _with_palettes(ct: Any, model: Any) -> Any:
    """The same program, in which constants of few different values are palettes and numbers of them: the weights are the graph's still."""
    palettes = ct.optimize.coreml.OpPalettizerConfig(mode="unique", weight_threshold=LEAST_WEIGHTS - 1)
    return ct.optimize.coreml.palettize_weights(model, ct.optimize.coreml.OptimizationConfig(global_config=palettes))


def lower(lowering: Lowering, folder: Path) -> Lowered:
    """Write a .mlpackage folder into ``folder``. Quantized graphs keep their quantize and dequantize pairs; coremltools turns those of
    weights into ``constexpr_affine_dequantize``, and weights of a palette into ``constexpr_lut_to_dense``."""
    import numpy as np

    ct = import_coremltools()
    module = lowering.module if lowering.precision == FLOAT32 else within_halves(lowering.module)
    with torch.no_grad():
        program = torch.export.export(module, (lowering.example,)).run_decompositions({})
    mask, form, shape = lowering.deployed.emit == "mask", lowering.form, tuple(lowering.example.shape)
    if form.input == "image":
        given = ct.ImageType(name=INPUT_NAME, shape=shape, color_layout=ct.colorlayout.RGB)
    else:
        given = ct.TensorType(name=INPUT_NAME, shape=shape, dtype=np.float32)
    model = ct.convert(
        program,
        convert_to="mlprogram",
        minimum_deployment_target=getattr(ct.target, f"iOS{form.min_ios}"),
        inputs=[given],
        outputs=[ct.TensorType(name=name, dtype=np.int32 if mask else np.float32) for name in lowering.output_names],
        compute_precision=ct.precision.FLOAT32 if lowering.precision == FLOAT32 else ct.precision.FLOAT16,
        skip_model_load=True,
    )
    if lowering.precision == PALETTIZED:
        model = _with_palettes(ct, model)
    model.author = "mobileseg"
    model.short_description = lowering.essentials.get("mobileseg.model", "")
    model.license = lowering.essentials.get("mobileseg.weights.licence", "")
    model.user_defined_metadata.update(lowering.essentials | preview(lowering))
    path = folder / lowering.file_name
    model.save(str(path))
    return Lowered(path)
