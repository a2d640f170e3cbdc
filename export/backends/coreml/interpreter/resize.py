"""Resizing of the last two axes, by the formulas in the documentation of ``resize_bilinear`` and ``upsample_bilinear``."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mobileseg.errors import UnknownOperationError

ALIGNED, UNALIGNED, DEFAULT = "STRICT_ALIGN_CORNERS", "UNALIGN_CORNERS", "DEFAULT"


def grid_points(size: int, wanted: int, mode: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The ``wanted`` positions in ``0 .. size - 1`` at which a resize samples."""
    steps = np.arange(wanted, dtype=np.float64)
    if mode == "ALIGN_CORNERS" and wanted == 1:
        points = steps + (size - 1) / 2
    elif mode in (ALIGNED, "ALIGN_CORNERS"):
        points = steps * ((size - 1) / (wanted - 1)) if wanted > 1 else steps
    elif mode == DEFAULT:
        # The documented (size - size / wanted) / (wanted - 1) equals size / wanted.
        points = steps * (size / wanted)
    elif mode == "OFFSET_CORNERS":
        delta = max(1, size - 1) / wanted
        points = 0.5 * delta + steps * delta
    elif mode == UNALIGNED:
        points = (steps + 0.5) * (size / wanted) - 0.5
    else:
        raise UnknownOperationError.of(f"sampling mode {mode}")
    return np.clip(points, 0, size - 1)


def _weights(size: int, wanted: int, mode: str) -> Tensor:
    """The interpolation matrix ``(wanted, size)``: each row weighs the two neighbours of its sampling point."""
    points = grid_points(size, wanted, mode)
    below = np.floor(points).astype(np.int64)
    share = points - below
    weights = np.zeros((wanted, size))
    rows = np.arange(wanted)
    weights[rows, below] += 1 - share
    weights[rows, np.minimum(below + 1, size - 1)] += share
    return torch.from_numpy(weights.astype(np.float32))


def _bilinear(x: Tensor, height: int, width: int, mode: str) -> Tensor:
    rows, columns = _weights(x.shape[-2], height, mode), _weights(x.shape[-1], width, mode)
    return rows @ x @ columns.T


def resize_bilinear(
    x: Tensor,
    target_size_height: Tensor | int = 1,
    target_size_width: Tensor | int = 1,
    sampling_mode: str = DEFAULT,
) -> Tensor:
    """Bilinear resize to a given size."""
    return _bilinear(x, int(target_size_height), int(target_size_width), sampling_mode)


def upsample_bilinear(
    x: Tensor,
    scale_factor_height: Tensor | float = 1,
    scale_factor_width: Tensor | float = 1,
    align_corners: Tensor | bool = True,
    half_pixel_centers: Tensor | bool | None = None,
) -> Tensor:
    """Bilinear resize by factors. The sampling points follow from the two sizes, not from the factors."""
    aligned = bool(align_corners)
    halves = not aligned if half_pixel_centers is None else bool(half_pixel_centers)
    if aligned and halves:
        raise UnknownOperationError.of("upsample_bilinear with aligned corners and half pixels")
    mode = ALIGNED if aligned else UNALIGNED if halves else DEFAULT
    return _bilinear(x, _scaled(x.shape[-2], scale_factor_height), _scaled(x.shape[-1], scale_factor_width), mode)


def upsample_nearest_neighbor(
    x: Tensor, scale_factor_height: Tensor | float = 1, scale_factor_width: Tensor | float = 1
) -> Tensor:
    """Nearest-neighbour resize by integer factors; for others the sampling points are not documented."""
    for axis, factor in ((-2, float(scale_factor_height)), (-1, float(scale_factor_width))):
        if factor < 1 or not factor.is_integer():
            raise UnknownOperationError.of(f"upsample_nearest_neighbor by {factor:g}")
        x = x.repeat_interleave(int(factor), axis)
    return x


def resize(
    x: Tensor,
    shape: Tensor,
    resized_dims: Tensor,
    interpolation_mode: str = "LINEAR",
    sampling_mode: str = DEFAULT,
) -> Tensor:
    """Bilinear resize of the last two axes to those of ``shape``; 0 leaves an axis unchanged."""
    if interpolation_mode != "LINEAR" or int(resized_dims) != 2:
        raise UnknownOperationError.of(f"resize {interpolation_mode} of {int(resized_dims)} axes")
    height, width = (int(n) or x.shape[axis] for axis, n in zip((-2, -1), shape.tolist()[-2:], strict=True))
    return _bilinear(x, height, width, sampling_mode)


def _scaled(size: int, factor: Tensor | float) -> int:
    """``floor(size * factor)`` in the factor's own float32, as coremltools infers it."""
    return int(np.floor(np.float32(float(factor)) * np.float32(size)))
