"""The exact argmax of bilinearly resized logits, without computing the resized logits of every class (``cells.py``)."""

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
        """The cells of the axis: the source position of each, and its first target position; that of the end follows the last."""
        starts = np.flatnonzero(np.diff(self.first, prepend=-1))
        return self.first[starts], np.append(starts, self.first.size)


def class_map(
    logits: Float, height: int, width: int, align_corners: bool = False, place: Placement | None = None
) -> NDArray[np.int32]:
    """The class map ``(height, width)`` int32 of logits ``(C, h, w)`` float32; of equal classes the lowest wins.

    Equals ``argmax(interpolate(logits, (height, width), bilinear, align_corners))``. ``place``: where the picture is in the input; the map
    is of what the input shows of it. Raises ``ValueError`` for logits of other than three dimensions.
    """
    from mobileseg.postprocess.cells import fill  # imports numba

    if logits.ndim != 3:
        raise ValueError(f"expected logits of three dimensions; found shape {logits.shape}")
    rows, columns = (
        Axis.resized(source, target, align_corners, part)
        for source, target, part in zip(logits.shape[1:], (height, width), spans(place), strict=True)
    )
    (firsts, row_starts), (lefts, column_starts) = rows.cells(), columns.cells()
    tallest, widest = np.diff(row_starts).max(), np.diff(column_starts).max()
    classes, _, sources = logits.shape
    out = np.empty((height, width), dtype=np.int32)
    fill(
        np.ascontiguousarray(logits, dtype=np.float32),
        firsts,
        row_starts,
        rows.weight,
        lefts,
        column_starts,
        columns.weight,
        np.empty((classes, sources), dtype=np.float32),
        np.empty(sources, dtype=np.float32),
        np.empty((sources, classes), dtype=np.int32),
        np.empty(sources, dtype=np.int32),
        np.empty((2, widest), dtype=np.float32),
        np.empty((tallest, widest), dtype=np.float32),
        out,
    )
    return out


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
