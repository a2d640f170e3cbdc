"""Top-1 and top-5 accuracy of classifiers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
IMAGES, FIRST, FIVE = 0, 1, 2  # columns of ``ranking_counts``
MOST = 5


def ranking_counts(logits: NDArray[np.floating], label: int) -> Counts:
    """``(3,)`` int64 of one image: 1, whether the label has the highest of the logits ``(C,)``, and whether it is among the five highest.
    Of equal logits the lower number comes first, as ``argmax`` has it."""
    own = logits[label]
    before = int((logits > own).sum() + (logits[:label] == own).sum())
    return np.array([1, before < 1, before < MOST], dtype=np.int64)


def top1(counts: NDArray[np.number]) -> float:
    """Top-1 accuracy, 0..1, of counts summed over images; NaN without any."""
    return float(counts[FIRST] / counts[IMAGES]) if counts[IMAGES] else float("nan")


def top5(counts: NDArray[np.number]) -> float:
    """Top-5 accuracy, 0..1, of counts summed over images; NaN without any."""
    return float(counts[FIVE] / counts[IMAGES]) if counts[IMAGES] else float("nan")


def probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Softmax of logits ``(C,)``, float64."""
    powers = np.exp(logits.astype(np.float64) - logits.max())
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares
