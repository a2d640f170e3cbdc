"""Fake quantization with a straight-through gradient, on every device (Jacob et al., CVPR 2018)."""

from __future__ import annotations

import torch
from torch import Tensor

FUSED = ("cpu", "cuda", "xpu")  # devices for which torch has its fused operators


def straight_through(
    x: Tensor, scale: Tensor, zero_point: Tensor, low: int, high: int, axis: int | None = None
) -> Tensor:
    """``x`` rounded to the values ``scale * (q - zero_point)`` with integers ``q`` in ``low .. high``; the gradient is 1 where ``q`` was
    not clipped, else 0.

    ``axis``: of a ``scale`` and ``zero_point`` ``(channels,)``; None for one of each.
    """
    if x.device.type not in FUSED:
        return in_plain_operators(x, scale, zero_point, low, high, axis)
    if axis is None:
        return torch.fake_quantize_per_tensor_affine(x, scale, zero_point, low, high)
    return torch.fake_quantize_per_channel_affine(x, scale, zero_point, axis, low, high)


def in_plain_operators(
    x: Tensor, scale: Tensor, zero_point: Tensor, low: int, high: int, axis: int | None = None
) -> Tensor:
    """The same, where there is no fused operator."""
    if axis is not None:
        shape = [-1 if d == axis else 1 for d in range(x.ndim)]
        scale, zero_point = scale.reshape(shape), zero_point.reshape(shape)
    with torch.no_grad():
        steps = torch.round(x * (1 / scale)) + zero_point
        inside = (steps >= low) & (steps <= high)
        rounded = (steps.clamp(low, high) - zero_point) * scale
    return rounded + torch.where(inside, x - x.detach(), 0.0)
