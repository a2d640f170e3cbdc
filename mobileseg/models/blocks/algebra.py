"""The formulas of rewrites: functions of tensors, for deploy models written by hand (``blocks/rewrites.py``) and for the rewrites of traced
graphs (``models/rewrites``) alike.

All compute in float64; who makes a constant of the result rounds it, once.
"""

from __future__ import annotations

import torch
from torch import Tensor


def batchnorm_scale(var: Tensor, gamma: Tensor | None = None, *, eps: float) -> Tensor:
    """``s`` of ``bn(x) = s x + t`` in evaluation mode, ``(C,)``: ``gamma / sqrt(var + eps)``; ``gamma`` is 1 where there is none."""
    deviation = torch.sqrt(var.double() + eps)
    return 1 / deviation if gamma is None else gamma.double() / deviation


def batchnorm_shift(mean: Tensor, scale: Tensor, beta: Tensor | None = None) -> Tensor:
    """``t`` of ``bn(x) = s x + t``, ``(C,)``: ``beta - s mean``; ``beta`` is 0 where there is none."""
    moved = mean.double() * scale
    return -moved if beta is None else beta.double() - moved


def scaled_weight(weight: Tensor, scale: Tensor, axis: int = 0) -> Tensor:
    """The weight of ``s (W x)``, with one ``s`` for each output, which are along ``axis``."""
    return weight.double() * scale.reshape([-1 if i == axis else 1 for i in range(weight.ndim)])


def scaled_bias(scale: Tensor, shift: Tensor, bias: Tensor | None = None) -> Tensor:
    """The bias of ``s (W x + b) + t``: ``s b + t``; ``b`` is 0 where there is none."""
    return shift if bias is None else shift + scale * bias.double()


def pooling_matrix(length: int, count: int) -> Tensor:
    """Adaptive average pooling along one axis as a product, ``(count, length)``: row ``i`` holds ``1 / n`` at the ``n`` positions of bin
    ``i``, which reaches from ``floor(i length / count)`` to ``ceil((i + 1) length / count)``."""
    matrix = torch.zeros(count, length, dtype=torch.float64)
    for i in range(count):
        first, last = i * length // count, -(-(i + 1) * length // count)
        matrix[i, first:last] = 1 / (last - first)
    return matrix
