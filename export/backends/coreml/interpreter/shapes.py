"""Operations that change shapes, not values."""

from __future__ import annotations

import torch
from torch import Tensor


def identity(x: Tensor) -> Tensor:
    """``x``."""
    return x


def reshape(x: Tensor, shape: Tensor) -> Tensor:
    """Reshape. A 0 copies the length of the axis of ``x`` at the same distance from the right, 1 where there is none; one -1 is
    inferred."""
    wanted = [int(length) for length in shape.tolist()]
    shift = x.ndim - len(wanted)
    for i, length in enumerate(wanted):
        if length == 0:
            wanted[i] = x.shape[i + shift] if i + shift >= 0 else 1
    return x.reshape(wanted)


def transpose(x: Tensor, perm: Tensor) -> Tensor:
    """Axis ``i`` of the result is axis ``perm[i]`` of ``x``."""
    return x.permute(perm.tolist())


def expand_dims(x: Tensor, axes: Tensor) -> Tensor:
    """Insert axes of length 1 at the positions ``axes`` of the result."""
    rank = x.ndim + axes.numel()
    for axis in sorted(int(axis) % rank for axis in axes.tolist()):
        x = x.unsqueeze(axis)
    return x


def squeeze(x: Tensor, axes: Tensor | None = None) -> Tensor:
    """Remove ``axes`` of length 1, all such by default."""
    return x.squeeze() if axes is None else x.squeeze(axes.tolist())


def concat(values: tuple[Tensor, ...], axis: Tensor, interleave: Tensor | bool = False) -> Tensor:
    """Concatenation along ``axis``; interleaved: the first slice of each tensor, then the second of each, ..."""
    at = int(axis)
    if not bool(interleave):
        return torch.cat(values, at)
    at %= values[0].ndim
    return torch.stack(values, at + 1).flatten(at, at + 1)


def stack(values: tuple[Tensor, ...], axis: Tensor) -> Tensor:
    """Stack along a new ``axis``."""
    return torch.stack(values, int(axis))


def split(
    x: Tensor, axis: Tensor, num_splits: Tensor | None = None, split_sizes: Tensor | None = None
) -> tuple[Tensor, ...]:
    """Split into parts of the given sizes, or into ``num_splits`` equal ones."""
    if split_sizes is not None:
        return torch.split(x, split_sizes.tolist(), int(axis))
    assert num_splits is not None  # coremltools always writes one of the two
    return torch.split(x, x.shape[int(axis)] // int(num_splits), int(axis))


def pixel_shuffle(x: Tensor, upscale_factor: Tensor) -> Tensor:
    """``(N, C f f, H, W)`` to ``(N, C, H f, W f)``, as torch's."""
    return torch.pixel_shuffle(x, int(upscale_factor))


def tile(x: Tensor, reps: Tensor) -> Tensor:
    """Repeat ``reps[i]`` times along axis ``i``."""
    return x.repeat(reps.tolist())
