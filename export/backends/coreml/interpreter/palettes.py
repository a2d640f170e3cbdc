"""Constants by palettes: numbers that stand for values of a table."""

from __future__ import annotations

import torch
from torch import Tensor

from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.values import unpacked


def constexpr_lut_to_dense(
    indices: Tensor, lut: Tensor, shape: Tensor | None = None, vector_axis: Tensor | None = None
) -> Tensor:
    """Up to iOS 17: ``lut[indices]`` of ``shape``, with ``indices`` as the bytes that the numbers fill. Since iOS 18 ``lut`` has the rank
    of ``indices``, each of whose blocks has its own values, and two dimensions more: the values, and the length of each, which is 1
    here."""
    if shape is not None:
        count, bits = int(shape.prod()), int(lut.numel()).bit_length() - 1
        numbers = torch.from_numpy(unpacked(indices.numpy(), bits, count))
        return lut[numbers.long()].reshape(shape.tolist())
    if lut.shape[-1] != 1 or vector_axis is not None:
        raise UnknownOperationError.of("constexpr_lut_to_dense of vectors")
    table = lut[..., 0]
    for dim, (blocks, whole) in enumerate(zip(table.shape[:-1], indices.shape, strict=True)):
        table = table.repeat_interleave(whole // blocks, dim)
    return table.gather(-1, indices.long()[..., None])[..., 0]
