"""Padding of convolution and pooling windows."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from mobileseg.errors import UnknownOperationError

Pads = list[tuple[int, int]]


def numbers(given: Tensor | None, default: int, count: int) -> list[int]:
    """A parameter of ``count`` integers, or ``count`` times the default."""
    return [default] * count if given is None else [int(number) for number in given.tolist()]


def paddings(
    pad_type: str,
    pad: Tensor | None,
    size: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> Pads:
    """The padding before and after each spatial axis.

    ``same`` gives ``ceil(size / stride)`` windows; if the total padding is odd, ``same_lower`` puts the extra element before and
    ``same`` after. The documentation of ``conv`` also has a formula of the kernel size alone, which contradicts this for even kernels
    and for strides; this follows the documented output size and TensorFlow's rule for it, which coremltools passes through unchanged.
    """
    if pad_type == "valid":
        return [(0, 0)] * len(size)
    if pad_type == "custom":
        flat = numbers(pad, 0, 2 * len(size))
        return list(zip(flat[::2], flat[1::2], strict=True))
    if pad_type not in ("same", "same_lower"):
        raise UnknownOperationError.of(f"padding {pad_type}")
    pads = []
    for length, width, stride, dilation in zip(size, kernel, strides, dilations, strict=True):
        windows = -(-length // stride)
        total = max((windows - 1) * stride + (width - 1) * dilation + 1 - length, 0)
        less, more = total // 2, total - total // 2
        pads.append((less, more) if pad_type == "same" else (more, less))
    return pads


def padded(x: Tensor, pads: Pads, value: float = 0.0) -> Tensor:
    """``x`` with its spatial axes padded with ``value``."""
    flat = [amount for pair in reversed(pads) for amount in pair]
    return F.pad(x, flat, value=value) if any(flat) else x
