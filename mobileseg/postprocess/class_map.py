"""The class map at full resolution, exactly, without the planes: argmax of bilinearly resized logits.

Between four neighbouring logits the interpolation is a convex combination, so inside that cell a class stays between its
smallest and its largest corner. Only classes whose largest corner reaches the best smallest corner can win there; in real
scenes that is one class in most cells, and nothing is interpolated at all. Memory: a few arrays of the logits' own size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Index = NDArray[np.intp]
Outputs = tuple[NDArray[np.generic], ...]  # what a model or a file gives, in the order of mobileseg.models.spec.OUTPUTS


@dataclass(frozen=True)
class Axis:
    """One axis of the resize: for every output position the lower and upper source position and the upper one's weight."""

    low: Index
    high: Index
    weight: Float

    @classmethod
    def resized(cls, source: int, target: int, align_corners: bool = False) -> Axis:
        """Half-pixel centres, or the outermost positions on each other; in float32 as PyTorch computes them."""
        position = np.arange(target, dtype=np.float32)
        if align_corners:
            where = position * (np.float32(source - 1) / np.float32(max(target - 1, 1)))
        else:
            scale = np.float32(source) / np.float32(target)
            where = np.maximum((position + np.float32(0.5)) * scale - np.float32(0.5), 0)
        where = where.astype(np.float32)
        low = np.minimum(where.astype(np.intp), source - 1)
        weight = np.clip(where - low.astype(np.float32), 0, 1).astype(np.float32)
        return cls(low, np.minimum(low + 1, source - 1), weight)

    def cells(self) -> tuple[Index, Index]:
        """``(starts, lows)``: outputs of one cell are contiguous; where each begins, and its lower source position."""
        starts = np.flatnonzero(np.diff(self.low, prepend=-1))
        return starts, self.low[starts]


def class_map(logits: Float, height: int, width: int, align_corners: bool = False) -> NDArray[np.int32]:
    """``(C, h, w)`` float32 logits to ``(height, width)`` int32: the lowest class among those with the largest value.

    Equal to ``argmax(interpolate(logits, (height, width), bilinear, align_corners))``.
    """
    if logits.ndim != 3:
        raise ValueError(f"logits of three dimensions are wanted, got shape {logits.shape}")
    rows, columns = (
        Axis.resized(*sizes, align_corners) for sizes in zip(logits.shape[1:], (height, width), strict=True)
    )
    row_starts, row_lows = rows.cells()
    column_starts, column_lows = columns.cells()
    row_ends, column_ends = np.append(row_starts[1:], height), np.append(column_starts[1:], width)
    out = np.empty((height, width), dtype=np.int32)
    right = np.minimum(column_lows + 1, logits.shape[2] - 1)
    for low, top, bottom in zip(row_lows, row_starts, row_ends, strict=True):
        pair = logits[:, (low, min(low + 1, logits.shape[1] - 1))]  # (C, 2, w)
        highest, lowest = pair.max(1), pair.min(1)
        largest = np.maximum(highest[:, column_lows], highest[:, right])  # (C, cells)
        smallest = np.minimum(lowest[:, column_lows], lowest[:, right]).max(0)
        possible = largest >= smallest
        certain = possible.argmax(0).astype(np.int32)
        out[top:bottom] = np.repeat(certain, column_ends - column_starts)
        contested = possible.sum(0) > 1
        _resolve(
            out[top:bottom], pair, possible & contested, rows.weight[top:bottom], columns, column_starts, column_ends
        )
    return out


def _resolve(
    out: NDArray[np.int32],
    pair: Float,
    possible: NDArray[np.bool_],
    weight: Float,
    columns: Axis,
    starts: Index,
    ends: Index,
) -> None:
    """Interpolate the candidates of one row of cells, class after class, and keep the best; the first wins ties."""
    best = np.full(out.shape, -np.inf, dtype=np.float32)
    up, down = (1 - weight)[:, None], weight[:, None]
    for number in np.flatnonzero(possible.any(1)):
        at = np.repeat(possible[number], ends - starts).nonzero()[0]
        low, high, part = columns.low[at], columns.high[at], columns.weight[at]
        above, below = pair[number]
        value = up * ((1 - part) * above[low] + part * above[high]) + down * (
            (1 - part) * below[low] + part * below[high]
        )
        better = value > best[:, at]
        best[:, at] = np.where(better, value, best[:, at])
        out[:, at] = np.where(better, np.int32(number), out[:, at])


def classes_of_output(
    output: NDArray[np.generic], height: int, width: int, align_corners: bool = False
) -> NDArray[np.int32]:
    """The class map ``(height, width)`` of whatever a segmentation file gives: logits ``(1, C, h, w)``, or a mask ``(1, H, W)``,
    which is sampled at the nearest pixel where the size differs. For a classifier's ``(1, C)``: its class, ``(1,)``."""
    if output.ndim == 2:
        best: NDArray[np.int32] = output.argmax(1).astype(np.int32)
        return best
    if output.ndim == 4:
        return class_map(output[0].astype(np.float32, copy=False), height, width, align_corners)
    mask = output[0].astype(np.int32)
    rows = (2 * np.arange(height) + 1) * mask.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * mask.shape[1] // (2 * width)
    sampled: NDArray[np.int32] = mask[rows[:, None], columns]
    return sampled
