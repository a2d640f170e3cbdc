"""Quantization, per tensor or per slice of one axis."""

from __future__ import annotations

import torch
from torch import Tensor

from mobileseg.errors import UnknownOperationError

INTEGERS = {"int8": torch.int8, "uint8": torch.uint8}


def quantize(
    input: Tensor,
    scale: Tensor,
    output_dtype: str,
    zero_point: Tensor | None = None,
    axis: Tensor | None = None,
) -> Tensor:
    """``clip(round(input / scale) + zero_point)`` to the range of ``output_dtype``. Halves round to even, as in coremltools' constant
    folding."""
    if output_dtype not in INTEGERS:
        raise UnknownOperationError.of(f"quantize to {output_dtype}")
    info = torch.iinfo(INTEGERS[output_dtype])
    steps = torch.round(input / _along(scale, input, axis))
    if zero_point is not None:
        steps += _along(zero_point, input, axis)
    return steps.clamp_(info.min, info.max).to(INTEGERS[output_dtype])


def dequantize(
    input: Tensor,
    scale: Tensor,
    zero_point: Tensor | None = None,
    axis: Tensor | None = None,
) -> Tensor:
    """``scale * (input - zero_point)``."""
    steps = input.float()
    if zero_point is not None:
        steps -= _along(zero_point, input, axis).float()
    return steps.mul_(_along(scale, input, axis))


def constexpr_affine_dequantize(quantized_data: Tensor, zero_point: Tensor, scale: Tensor, axis: Tensor) -> Tensor:
    """``scale * (quantized_data - zero_point)``, for constants."""
    return dequantize(quantized_data, scale, zero_point, axis)


def constexpr_blockwise_shift_scale(data: Tensor, scale: Tensor, offset: Tensor | None = None) -> Tensor:
    """``scale * (data - offset)``, for constants; ``scale`` and ``offset`` have the rank of ``data``, and each of their numbers is for a
    block of it (iOS 18)."""
    steps = data.float()
    if offset is not None:
        steps = steps - _blocks(offset.float(), data)
    return steps * _blocks(scale, data)


def constexpr_cast(source_val: Tensor, output_dtype: str) -> Tensor:
    """A float16 constant as float32."""
    if output_dtype != "fp32":
        raise UnknownOperationError.of(f"constexpr_cast to {output_dtype}")
    return source_val


def _blocks(parameter: Tensor, data: Tensor) -> Tensor:
    """``parameter``, repeated along every dimension to the shape of ``data``."""
    for dim, (own, whole) in enumerate(zip(parameter.shape, data.shape, strict=True)):
        parameter = parameter.repeat_interleave(whole // own, dim)
    return parameter


def _along(parameter: Tensor, data: Tensor, axis: Tensor | None) -> Tensor:
    """A vector, reshaped to broadcast along ``axis`` of ``data``; a scalar unchanged."""
    if parameter.ndim == 0 or axis is None:
        return parameter
    shape = [1] * data.ndim
    shape[int(axis)] = -1
    return parameter.reshape(shape)
