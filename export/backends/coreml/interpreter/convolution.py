"""Convolution."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from mobileseg.export.backends.coreml.interpreter.windows import numbers, padded, paddings

BY_AXES = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    strides: Tensor | None = None,
    pad_type: str = "valid",
    pad: Tensor | None = None,
    dilations: Tensor | None = None,
    groups: Tensor | int = 1,
) -> Tensor:
    """Convolution over one to three axes. ``x``: ``(N, C, *size)``; ``weight``: ``(out, C / groups, *kernel)``."""
    axes = x.ndim - 2
    steps, spread = numbers(strides, 1, axes), numbers(dilations, 1, axes)
    pads = paddings(pad_type, pad, x.shape[2:], weight.shape[2:], steps, spread)
    both = tuple(before for before, _ in pads)
    if all(before == after for before, after in pads):  # torch then pads within the convolution, much faster
        return BY_AXES[axes](x, weight, bias, steps, both, spread, int(groups))
    return BY_AXES[axes](padded(x, pads), weight, bias, steps, 0, spread, int(groups))
