"""Pooling."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.windows import numbers, padded, paddings

AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
MAXIMUM = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


def avg_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    pad_type: str,
    strides: Tensor | None = None,
    pad: Tensor | None = None,
    ceil_mode: Tensor | bool = False,
    exclude_padding_from_average: Tensor | bool = False,
) -> Tensor:
    """The mean of each window; zeros of the padding count unless excluded."""
    kernel, steps, pads = _windows(x, kernel_sizes, strides, pad_type, pad)
    if bool(ceil_mode):
        return AVERAGE[x.ndim - 2](x, kernel, steps, _both(pads), True, not bool(exclude_padding_from_average))
    sums = AVERAGE[x.ndim - 2](padded(x, pads), kernel, steps) * math.prod(kernel)
    if not bool(exclude_padding_from_average):
        return sums / math.prod(kernel)
    inside = AVERAGE[x.ndim - 2](padded(torch.ones_like(x[:1, :1]), pads), kernel, steps) * math.prod(kernel)
    return sums / inside


def max_pool(
    x: Tensor,
    kernel_sizes: Tensor,
    pad_type: str,
    strides: Tensor | None = None,
    pad: Tensor | None = None,
    ceil_mode: Tensor | bool = False,
) -> Tensor:
    """The maximum of each window; the padding is minus infinity."""
    kernel, steps, pads = _windows(x, kernel_sizes, strides, pad_type, pad)
    if bool(ceil_mode):
        return MAXIMUM[x.ndim - 2](x, kernel, steps, _both(pads), ceil_mode=True)
    return MAXIMUM[x.ndim - 2](padded(x, pads, -math.inf), kernel, steps)


def _windows(
    x: Tensor, kernel_sizes: Tensor, strides: Tensor | None, pad_type: str, pad: Tensor | None
) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    kernel = numbers(kernel_sizes, 1, x.ndim - 2)
    steps = numbers(strides, 1, x.ndim - 2)
    return kernel, steps, paddings(pad_type, pad, x.shape[2:], kernel, steps, [1] * len(kernel))


def _both(pads: list[tuple[int, int]]) -> list[int]:
    """The padding of both ends, for PyTorch's ``ceil_mode``, which requires them to be equal."""
    if any(before != after for before, after in pads):
        raise UnknownOperationError.of("ceil_mode with unequal paddings")
    return [before for before, _ in pads]
