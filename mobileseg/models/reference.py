"""Runs modules on pixels: the reference model, with which every artifact is compared, and any other module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mobileseg.data.images import Batch
from mobileseg.models.factory import spec_of
from mobileseg.models.spec import ModelSpec
from mobileseg.postprocess.class_map import Outputs


@torch.no_grad()
def run_module(module: nn.Module, pixels: Tensor) -> Outputs:
    """All outputs of a module, as arrays in its order."""
    given = module(pixels)
    return tuple(value.numpy() for value in (given.values() if isinstance(given, dict) else (given,)))


def normalization(spec: ModelSpec) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation for pixels in 0..255, ``(1, 3, 1, 1)`` float32 each."""
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (spec.mean, spec.std))
    return mean, std


def reference_outputs(model: nn.Module, batch: Batch) -> Outputs:
    """All outputs of the reference model for ``(1, 3, H, W)`` float32 pixels in 0..255, normalised as by its authors."""
    mean, std = normalization(spec_of(model))
    return run_module(model, (torch.from_numpy(batch) - mean) / std)
