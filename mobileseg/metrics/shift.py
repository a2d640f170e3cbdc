"""Shift consistency: do pixels keep their class where the same picture is moved by a few pixels?

Paper: Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML 2019 (https://arxiv.org/abs/1904.11486): how often a classifier
gives the same class for two windows of one picture. Here it is asked of every pixel that both windows show; for a classifier
the figure is the paper's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGEST_SHIFT = 8  # pixels of the input
SHIFTS = tuple(range(1, LARGEST_SHIFT + 1))
Counts = NDArray[np.int64]


def moves(pictures: int) -> list[list[int]]:
    """By how many pixels each of ``pictures`` is moved: every one of ``SHIFTS`` occurs once, in turn."""
    return [[shift for shift in SHIFTS if (shift - 1) % pictures == place] for place in range(pictures)]


def window(picture: NDArray[np.float32], size: tuple[int, int], shift: int) -> NDArray[np.float32]:
    """The part of a picture ``(1, 3, H, W)`` that has ``size`` (height, width) and begins ``shift`` rows and columns from its corner; in
    memory of its own. Raises ``ValueError`` for a picture that ends before."""
    part = picture[..., shift : shift + size[0], shift : shift + size[1]]
    if part.shape[2:] != size:
        raise ValueError(f"a window of {size} at {shift} does not fit in {picture.shape[2:]}")
    return np.array(part, order="C")


def shift_counts(still: NDArray[np.integer], moved: NDArray[np.integer], shift: int) -> Counts:
    """``(2,)`` int64: the pixels with the same class in two windows of one picture, and all pixels that both show.

    ``still``, ``moved``: class maps ``(H, W)`` of the windows at 0 and at ``shift``; of a classifier ``(1,)``. Raises ``ValueError``
    for different shapes, and for a shift that leaves nothing.
    """
    if still.shape != moved.shape:
        raise ValueError(f"class maps of different shapes: {still.shape} and {moved.shape}")
    if still.ndim > 1:
        height, width = still.shape
        if not 0 <= shift < min(height, width):
            raise ValueError(f"class maps {still.shape} moved by {shift}")
        still, moved = still[shift:, shift:], moved[: height - shift, : width - shift]
    return np.array([(still == moved).sum(), still.size], dtype=np.int64)


def share(counts: Counts) -> float:
    """The first of ``shift_counts`` relative to the second, 0..1; NaN without pixels."""
    return float(counts[0] / counts[1]) if counts[1] else float("nan")


def share_gain(before: Counts, after: Counts) -> float:
    """Share of ``after`` minus share of ``before``."""
    return share(after) - share(before)
