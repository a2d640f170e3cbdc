"""How far one model's outputs are from another's."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from mobileseg.metrics.confusion import confusion, scores

BAND = 3  # pixels on either side of a boundary


def boundary_band(classes: NDArray[np.integer], reach: int = BAND) -> NDArray[np.bool_]:
    """``(H, W)``: which pixels have another class within ``reach`` pixels to the side, above or below, or diagonally.

    A square window holds another class exactly where its largest and smallest class differ; both are separable.
    """
    low, high = classes, classes
    for axis in (0, 1):
        low, high = _window(low, reach, axis, np.minimum), _window(high, reach, axis, np.maximum)
    mixed: NDArray[np.bool_] = low != high
    return mixed


def _window(values: NDArray[np.integer], reach: int, axis: int, better: np.ufunc) -> NDArray[np.integer]:
    """The best value within ``reach`` positions along ``axis``, cut at the borders."""
    padded = np.pad(values, [(reach, reach) if i == axis else (0, 0) for i in range(values.ndim)], mode="edge")
    length = values.shape[axis]
    shifted = (np.take(padded, range(start, start + length), axis) for start in range(2 * reach + 1))
    return functools.reduce(better, shifted)


class Agreement:
    """Sums over images; every figure is of all pixels together. ``reference`` is the one that is believed."""

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self.images = 0
        self._signal = self._noise = self._absolute = 0.0
        self._values = 0
        self._logits = False
        self._largest = 0.0
        self._low, self._high = math.inf, -math.inf
        self._counts = np.zeros((num_classes, num_classes), dtype=np.int64)
        self._band = np.zeros(2, dtype=np.int64)  # pixels near a boundary of the reference, and those that agree

    def add_logits(self, reference: NDArray[np.float32], other: NDArray[np.float32]) -> None:
        """Logits of one image, equal shapes."""
        exact = reference.astype(np.float64)
        difference = other.astype(np.float64) - exact
        self._logits = True
        self._signal += float((exact**2).sum())
        self._noise += float((difference**2).sum())
        self._absolute += float(np.abs(difference).sum())
        self._values += difference.size
        self._largest = max(self._largest, float(np.abs(difference).max()))
        self._low, self._high = min(self._low, float(exact.min())), max(self._high, float(exact.max()))

    def add_classes(self, reference: NDArray[np.integer], other: NDArray[np.integer]) -> None:
        """Class maps of one image, equal shapes."""
        self.images += 1
        self._counts += confusion(other, reference, self.num_classes)
        if reference.ndim == 2:
            near = boundary_band(reference)
            self._band += (near.sum(), (near & (reference == other)).sum())

    @property
    def sqnr_db(self) -> float | None:
        """Signal to quantization noise, ``10 log10(sum reference^2 / sum difference^2)``; inf where equal, None without logits."""
        if not self._logits:
            return None
        if self._noise == 0.0:
            return math.inf
        return 10 * math.log10(self._signal / self._noise) if self._signal else -math.inf

    @property
    def max_error(self) -> float | None:
        """Largest absolute difference of the logits."""
        return self._largest if self._logits else None

    @property
    def mean_error(self) -> float | None:
        """Mean absolute difference of the logits."""
        return self._absolute / self._values if self._logits else None

    @property
    def band(self) -> float:
        """Share of the pixels near a boundary between classes that have the same class, 0..1; NaN where there is none."""
        return float(self._band[1] / self._band[0]) if self._band[0] else float("nan")

    @property
    def logit_range(self) -> float | None:
        """Largest less smallest reference logit."""
        return self._high - self._low if self._logits else None

    @property
    def argmax(self) -> float:
        """Share of pixels with the same class, 0..1."""
        total = int(self._counts.sum())
        return float(np.diag(self._counts).sum() / total) if total else float("nan")

    @property
    def miou(self) -> float:
        """mIoU of the other's classes with the reference's classes as labels, 0..1."""
        return scores(self._counts).miou
