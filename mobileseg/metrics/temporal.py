"""Temporal consistency: do pixels keep their class along the motion from one frame to the next?

Paper: Liu, Shen, Yu, Wang, "Efficient Semantic Video Segmentation with Per-frame Inference", ECCV 2020
(https://arxiv.org/abs/2002.11433). The class map of the next frame is fetched along the optical flow and compared with that of this frame;
of the confusion matrix, summed over all pairs of frames, the mIoU is their temporal consistency TC, and the pixel accuracy is the
share of the pixels that keep their class. Two differences from their evaluation: the nearest pixel is fetched, as numbers of classes
cannot be interpolated, and only pixels that are seen in both frames count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mobileseg.metrics.confusion import Counts, confusion

Classes = NDArray[np.integer]
Mask = NDArray[np.bool_]


def grid(size: tuple[int, int], step: int) -> tuple[int, int]:
    """Rows and columns of the pixels at every ``step``-th row and column, from the first on, of a picture of ``size``."""
    return -(-size[0] // step), -(-size[1] // step)


def landing(
    motion: NDArray[np.floating], size: tuple[int, int], step: int = 1
) -> tuple[NDArray[np.intp], NDArray[np.intp], Mask]:
    """Row and column of the pixel in which each point is one frame later, and whether it is inside of the picture; ``(h, w)`` each, row
    and column clipped to the picture.

    ``motion``: ``(h, w, 2)``, pixels to the right and down, of the middle of the pixel in row ``i * step`` and column ``j * step``.
    Raises ``ValueError`` where that is no picture of ``size`` (height, width).
    """
    if motion.shape != (*grid(size, step), 2):
        raise ValueError(f"motion {motion.shape} at every pixel of {step} for a picture of {size}")
    down, across = (np.arange(0, length, step) + 0.5 for length in size)
    row = np.floor(down[:, None] + motion[..., 1])
    column = np.floor(across + motion[..., 0])
    inside = (row >= 0) & (row < size[0]) & (column >= 0) & (column < size[1])
    return np.clip(row, 0, size[0] - 1).astype(np.intp), np.clip(column, 0, size[1] - 1).astype(np.intp), inside


def along(
    now: Classes, later: Classes, motion: NDArray[np.floating], seen: Mask, step: int = 1
) -> tuple[Classes, Classes]:
    """The classes, in two equally long rows, of the points of this frame that are seen in the next one: here, and there.

    ``now``, ``later``: ``(H, W)``. ``motion``: as for ``landing``; ``seen``: ``(h, w)``, whether the point is seen in the next frame.
    Raises ``ValueError`` where the shapes do not fit.
    """
    if now.shape != later.shape or seen.shape != motion.shape[:2]:
        raise ValueError(f"frames {now.shape} and {later.shape}, motion {motion.shape} and seen {seen.shape}")
    row, column, inside = landing(motion, (now.shape[0], now.shape[1]), step)
    followed = seen & inside
    return now[::step, ::step][followed], later[row[followed], column[followed]]


def consistency_counts(
    now: Classes,
    later: Classes,
    motion: NDArray[np.floating],
    seen: Mask,
    step: int,
    num_classes: int,
    ignore: int | None = None,
) -> Counts:
    """The confusion matrix ``(num_classes, num_classes)`` int64 of one pair of frames, in points: rows are classes in this frame, columns
    in the next. Points labelled ``ignore`` in either do not count. Arguments and errors as for ``along`` and ``confusion``."""
    here, there = along(now, later, motion, seen, step)
    if ignore is not None:
        judged = (here != ignore) & (there != ignore)
        here, there = here[judged], there[judged]
    return confusion(there, here, num_classes)


def kept(counts: Counts) -> float:
    """The share, 0..1, of the points of ``consistency_counts`` that keep their class; NaN without points."""
    total = int(counts.sum())
    return float(np.trace(counts) / total) if total else float("nan")


def tc(counts: Counts) -> float:
    """Their TC, 0..1: the mean over the classes of ``consistency_counts`` of IoU; NaN without points."""
    hits = np.diag(counts).astype(np.float64)
    union = counts.sum(0) + counts.sum(1) - hits
    return float(np.mean(hits[union > 0] / union[union > 0])) if union.any() else float("nan")


def kept_gain(before: Counts, after: Counts) -> float:
    """Consistency of ``after`` minus that of ``before``."""
    return kept(after) - kept(before)
