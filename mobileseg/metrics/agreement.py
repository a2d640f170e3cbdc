"""Agreement of one model's outputs with another's."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from mobileseg.metrics.confusion import HITS, LABELLED, class_counts, class_scores

BAND = 3  # pixels on either side of a boundary


def boundary_band(classes: NDArray[np.integer], reach: int = BAND) -> NDArray[np.bool_]:
    """``(H, W)`` bool: pixels with another class within ``reach`` pixels in any direction, diagonals included.

    A square window contains another class exactly where its minimum and maximum differ; both are separable.
    """
    low, high = classes, classes
    for axis in (0, 1):
        low, high = _window(low, reach, axis, np.minimum), _window(high, reach, axis, np.maximum)
    mixed: NDArray[np.bool_] = low != high
    return mixed


def _window(values: NDArray[np.integer], reach: int, axis: int, better: np.ufunc) -> NDArray[np.integer]:
    """Minimum or maximum within ``reach`` positions along ``axis``, clipped at the borders."""
    padded = np.pad(values, [(reach, reach) if i == axis else (0, 0) for i in range(values.ndim)], mode="edge")
    length = values.shape[axis]
    shifted = (np.take(padded, range(start, start + length), axis) for start in range(2 * reach + 1))
    return functools.reduce(better, shifted)


class Agreement:
    """Accumulates the agreement of a model with a reference over images; every figure is over all their pixels."""

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self.images = 0
        self._signal = self._noise = self._absolute = 0.0
        self._values = 0
        self._logits = False
        self._largest = 0.0
        self._low, self._high = math.inf, -math.inf
        self._counts = np.zeros((num_classes, 3), dtype=np.int64)
        self._band = np.zeros(2, dtype=np.int64)  # pixels near a boundary of the reference, and those that agree

    def add_logits(self, reference: NDArray[np.float32], other: NDArray[np.float32]) -> None:
        """Add the logits of one image, of equal shapes. Where one of them is not finite, the figures are NaN."""
        exact = reference.astype(np.float64)
        with np.errstate(invalid="ignore"):
            difference = other.astype(np.float64) - exact
        self._logits = True
        self._signal += float((exact**2).sum())
        self._noise += float((difference**2).sum())
        self._absolute += float(np.abs(difference).sum())
        self._values += difference.size
        # numpy's, which pass NaN on: max(0.0, nan) is 0.0.
        self._largest = float(np.maximum(self._largest, np.abs(difference).max()))
        self._low = float(np.minimum(self._low, exact.min()))
        self._high = float(np.maximum(self._high, exact.max()))

    def add_classes(self, reference: NDArray[np.integer], other: NDArray[np.integer]) -> None:
        """Add the class maps of one image, of equal shapes."""
        self.images += 1
        self._counts += class_counts(other, reference, self.num_classes)
        if reference.ndim == 2:
            near = boundary_band(reference)
            self._band += (near.sum(), (near & (reference == other)).sum())

    @property
    def sqnr_db(self) -> float | None:
        """Signal-to-quantization-noise ratio in dB, ``10 log10(sum reference^2 / sum difference^2)``; inf where equal, None without
        logits."""
        if not self._logits:
            return None
        if self._noise == 0.0:
            return math.inf
        ratio = self._signal / self._noise  # 0 where the reference is, and where the noise is infinite
        return 10 * math.log10(ratio) if ratio else -math.inf

    @property
    def max_error(self) -> float | None:
        """Largest absolute difference of the logits; None without logits."""
        return self._largest if self._logits else None

    @property
    def mean_error(self) -> float | None:
        """Mean absolute difference of the logits; None without logits."""
        return self._absolute / self._values if self._logits else None

    @property
    def band(self) -> float:
        """Share, 0..1, of the pixels within ``BAND`` pixels of a class boundary that have the same class; NaN where there are none."""
        return float(self._band[1] / self._band[0]) if self._band[0] else float("nan")

    @property
    def logit_range(self) -> float | None:
        """Largest minus smallest reference logit; None without logits."""
        return self._high - self._low if self._logits else None

    @property
    def relative_error(self) -> float | None:
        """Largest difference of the logits relative to their range; infinite for any difference from logits that are all equal. None
        without logits."""
        error, span = self.max_error, self.logit_range
        if error is None or span is None:
            return None
        return error / span if span != 0 else math.inf if error > 0 else 0.0

    @property
    def argmax(self) -> float:
        """Share of pixels with the same class, 0..1."""
        total = int(self._counts[:, LABELLED].sum())
        return float(self._counts[:, HITS].sum() / total) if total else float("nan")

    @property
    def miou(self) -> float:
        """mIoU, 0..1, with the reference's classes as labels."""
        return class_scores(self._counts).miou
