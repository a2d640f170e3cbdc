"""How far one model's outputs are from another's."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mobileseg.metrics.confusion import confusion, scores


class Agreement:
    """Sums over images; every figure is of all pixels together. ``reference`` is the one that is believed."""

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self.images = 0
        self._signal = self._noise = 0.0
        self._logits = False
        self._largest = 0.0
        self._low, self._high = math.inf, -math.inf
        self._counts = np.zeros((num_classes, num_classes), dtype=np.int64)

    def add_logits(self, reference: NDArray[np.float32], other: NDArray[np.float32]) -> None:
        """Logits of one image, equal shapes."""
        exact = reference.astype(np.float64)
        difference = other.astype(np.float64) - exact
        self._logits = True
        self._signal += float((exact**2).sum())
        self._noise += float((difference**2).sum())
        self._largest = max(self._largest, float(np.abs(difference).max()))
        self._low, self._high = min(self._low, float(exact.min())), max(self._high, float(exact.max()))

    def add_classes(self, reference: NDArray[np.integer], other: NDArray[np.integer]) -> None:
        """Class maps of one image, equal shapes."""
        self.images += 1
        self._counts += confusion(other, reference, self.num_classes)

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
