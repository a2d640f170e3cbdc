"""Convolution, and its transposition."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.windows import numbers, padded, paddings

BY_AXES = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


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


def conv_transpose(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    strides: Tensor | None = None,
    pad_type: str = "valid",
    pad: Tensor | None = None,
    output_shape: Tensor | None = None,
    dilations: Tensor | None = None,
    groups: Tensor | int = 1,
) -> Tensor:
    """Transposed convolution. ``x``: ``(N, C, *size)``; ``weight``: ``(C, out / groups, *kernel)``. ``pad`` is cut off the whole result of
    length ``(size - 1) stride + (kernel - 1) dilation + 1``; ``output_shape`` may cut less at the end."""
    if pad_type not in ("valid", "custom"):
        raise UnknownOperationError.of(f"conv_transpose with padding {pad_type}")
    axes = x.ndim - 2
    steps, spread = numbers(strides, 1, axes), numbers(dilations, 1, axes)
    out = TRANSPOSED[axes](x, weight, None, steps, 0, 0, int(groups), spread)
    cuts = paddings(pad_type, pad, x.shape[2:], weight.shape[2:], steps, spread)
    wanted = None if output_shape is None else [int(length) for length in output_shape.tolist()[2:]]
    for axis, (before, after) in enumerate(cuts):
        length = out.shape[2 + axis] - before - after if wanted is None else wanted[axis]
        missing = before + length - out.shape[2 + axis]
        if missing > 0:  # no window reaches there
            out = F.pad(out, [0, 0] * (axes - 1 - axis) + [0, missing])
        out = out.narrow(2 + axis, before, length)
    return out if bias is None else out + bias.reshape(-1, *[1] * axes)
