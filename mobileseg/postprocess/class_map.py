"""The exact argmax of bilinearly resized logits, without computing the resized logits of every class.

Between four neighbouring logits the interpolation is a convex combination, so within that cell a class stays between its smallest
and its largest corner. Only classes whose largest corner is at least the greatest smallest corner can win there; in real scenes that
is one class in most cells, which then need no interpolation. Memory: a few arrays of the size of the logits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.fit import Placement

Float = NDArray[np.float32]
Index = NDArray[np.intp]
Outputs = tuple[NDArray[np.generic], ...]  # outputs of a model or a file, in the order of mobileseg.models.spec.OUTPUTS


class Span(NamedTuple):
    """``length`` positions from ``start`` on of an axis that has ``whole`` of them."""

    start: int
    length: int
    whole: int


def spans(place: Placement | None) -> tuple[Span, Span] | tuple[None, None]:
    """Rows and columns of an input that a picture fills."""
    if place is None or place.filled.size == place.size:
        return None, None
    top, left, height, width = place.filled
    return Span(top, height, place.size[0]), Span(left, width, place.size[1])


@dataclass(frozen=True)
class Axis:
    """One axis of a bilinear resize: for every target position its two neighbouring source positions, and the weight of the
    second."""

    first: Index
    second: Index
    weight: Float

    @classmethod
    def resized(cls, source: int, target: int, align_corners: bool = False, part: Span | None = None) -> Axis:
        """The axis for a resize from ``source`` to ``target`` positions, with half-pixel centres or, with ``align_corners``, with the
        outermost positions aligned; in float32, as PyTorch computes it. ``part``: of the source, the target is that part alone."""
        position = np.arange(target, dtype=np.float32)
        start, length, whole = part or Span(0, target, target)
        if align_corners:
            cells = (source - 1) / max(whole - 1, 1)  # for one position of the whole
            scale = np.float32((length - 1) * cells) / np.float32(max(target - 1, 1))
            where = position * scale + np.float32(start * cells)
        else:
            scale = np.float32(length * source / whole) / np.float32(target)
            where = (position + np.float32(0.5)) * scale + np.float32(start * source / whole) - np.float32(0.5)
        where = np.maximum(where, 0).astype(np.float32)
        first = np.minimum(where.astype(np.intp), source - 1)
        weight = np.clip(where - first.astype(np.float32), 0, 1).astype(np.float32)
        return cls(first, np.minimum(first + 1, source - 1), weight)

    def cells(self) -> tuple[Index, Index]:
        """The cells of the axis: the first target position of each, and its first source position."""
        starts = np.flatnonzero(np.diff(self.first, prepend=-1))
        return starts, self.first[starts]


def class_map(
    logits: Float, height: int, width: int, align_corners: bool = False, place: Placement | None = None
) -> NDArray[np.int32]:
    """The class map ``(height, width)`` int32 of logits ``(C, h, w)`` float32; of equal classes the lowest wins.

    Equals ``argmax(interpolate(logits, (height, width), bilinear, align_corners))``. ``place``: where the picture is in the input; the map
    is of what the input shows of it. Raises ``ValueError`` for logits of other than three dimensions.
    """
    if logits.ndim != 3:
        raise ValueError(f"expected logits of three dimensions; found shape {logits.shape}")
    rows, columns = (
        Axis.resized(source, target, align_corners, part)
        for source, target, part in zip(logits.shape[1:], (height, width), spans(place), strict=True)
    )
    row_starts, row_firsts = rows.cells()
    column_starts, lefts = columns.cells()
    row_ends, column_ends = np.append(row_starts[1:], height), np.append(column_starts[1:], width)
    out = np.empty((height, width), dtype=np.int32)
    rights = np.minimum(lefts + 1, logits.shape[2] - 1)
    for row, top, bottom in zip(row_firsts, row_starts, row_ends, strict=True):
        pair = logits[:, (row, min(row + 1, logits.shape[1] - 1))]  # (C, 2, w)
        highest, lowest = pair.max(1), pair.min(1)
        largest = np.maximum(highest[:, lefts], highest[:, rights])  # (C, cells)
        smallest = np.minimum(lowest[:, lefts], lowest[:, rights]).max(0)
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
    """Interpolate the candidate classes of one row of cells and keep the best; of equal ones the first wins."""
    best = np.full(out.shape, -np.inf, dtype=np.float32)
    up, down = (1 - weight)[:, None], weight[:, None]
    for number in np.flatnonzero(possible.any(1)):
        at = np.repeat(possible[number], ends - starts).nonzero()[0]
        left, right, part = columns.first[at], columns.second[at], columns.weight[at]
        above, below = pair[number]
        value = up * ((1 - part) * above[left] + part * above[right]) + down * (
            (1 - part) * below[left] + part * below[right]
        )
        better = value > best[:, at]
        best[:, at] = np.where(better, value, best[:, at])
        out[:, at] = np.where(better, np.int32(number), out[:, at])


def classes_of_output(
    output: NDArray[np.generic],
    height: int,
    width: int,
    align_corners: bool = False,
    place: Placement | None = None,
) -> NDArray[np.int32]:
    """The class map ``(height, width)`` int32 of an output of any kind: logits ``(1, C, h, w)``, resized bilinearly, or a mask
    ``(1, H, W)``, resized to the nearest pixel. For a classifier's logits ``(1, C)``: the class, ``(1,)``. ``place``: see
    ``class_map``."""
    if output.ndim == 2:
        best: NDArray[np.int32] = output.argmax(1).astype(np.int32)
        return best
    if output.ndim == 4:
        return class_map(output[0].astype(np.float32, copy=False), height, width, align_corners, place)
    mask = output[0].astype(np.int32)
    if place is not None:
        mask = place.filled.of(mask)
    rows = (2 * np.arange(height) + 1) * mask.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * mask.shape[1] // (2 * width)
    sampled: NDArray[np.int32] = mask[rows[:, None], columns]
    return sampled
