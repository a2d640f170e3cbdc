"""Modules on pixels, and the reference model above all: what every artifact is compared with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mobileseg.data.images import Batch
from mobileseg.models.factory import spec_of
from mobileseg.models.spec import ModelSpec
from mobileseg.postprocess.class_map import Outputs


@torch.no_grad()
def run_module(module: nn.Module, pixels: Tensor) -> Outputs:
    """Every output of a module, as arrays in the order in which it gives them."""
    given = module(pixels)
    return tuple(value.numpy() for value in (given.values() if isinstance(given, dict) else (given,)))


def normalization(spec: ModelSpec) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of pixels in 0..255, ``(1, 3, 1, 1)`` float32 each."""
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (spec.mean, spec.std))
    return mean, std


def reference_outputs(model: nn.Module, batch: Batch) -> Outputs:
    """Normalise ``(1, 3, H, W)`` float32 pixels in 0..255 as the authors do and run the reference model."""
    mean, std = normalization(spec_of(model))
    return run_module(model, (torch.from_numpy(batch) - mean) / std)
