"""Runs modules on pixels: the reference model, with which every artifact is compared, and any other module."""

from __future__ import annotations

import hashlib
import itertools

import torch
from torch import Tensor, nn

from mobileseg.data.images import Batch
from mobileseg.models.factory import spec_of
from mobileseg.models.spec import ModelSpec
from mobileseg.postprocess.class_map import Outputs


def device_of(module: nn.Module) -> torch.device:
    """Where a module's parameters and buffers are; the CPU for one without any."""
    first = next(itertools.chain(module.parameters(), module.buffers()), None)
    return torch.device("cpu") if first is None else first.device


def state_digest(module: nn.Module) -> str:
    """sha256 of all tensors of a module, with their names and shapes."""
    found = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        found.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        found.update(
            value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
        )
    return found.hexdigest()


@torch.no_grad()
def run_module(module: nn.Module, pixels: Tensor) -> Outputs:
    """All outputs of a module, as arrays in its order, computed where the module is."""
    given = module(pixels.to(device_of(module)))
    return tuple(value.cpu().numpy() for value in (given.values() if isinstance(given, dict) else (given,)))


def normalization(spec: ModelSpec) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation for pixels in 0..255, ``(1, 3, 1, 1)`` float32 each."""
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (spec.mean, spec.std))
    return mean, std


def reference_outputs(model: nn.Module, batch: Batch) -> Outputs:
    """All outputs of the reference model for ``(1, 3, H, W)`` float32 pixels in 0..255, normalised as by its authors."""
    mean, std = normalization(spec_of(model))
    return run_module(model, (torch.from_numpy(batch) - mean) / std)
