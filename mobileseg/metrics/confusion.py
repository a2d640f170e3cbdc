"""Confusion matrix, intersection over union, and pixel accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def confusion(
    prediction: NDArray[np.integer], label: NDArray[np.integer], num_classes: int, ignore: int | None = None
) -> Counts:
    """The confusion matrix ``(num_classes, num_classes)`` int64 in pixels: rows are labels, columns predictions. Pixels labelled
    ``ignore`` do not count. Raises ``ValueError`` for different shapes, and for numbers outside the classes."""
    if prediction.shape != label.shape:
        raise ValueError(f"prediction {prediction.shape} and label {label.shape} differ in shape")
    counted = np.ones(label.shape, dtype=bool) if ignore is None else label != ignore
    wanted, given = label[counted].astype(np.int64), prediction[counted].astype(np.int64)
    for numbers, what in ((wanted, "labels"), (given, "predictions")):
        if numbers.size and (numbers.min() < 0 or numbers.max() >= num_classes):
            raise ValueError(f"{what} {numbers.min()}..{numbers.max()} for the classes 0..{num_classes - 1}")
    pairs = wanted * num_classes + given
    return np.bincount(pairs, minlength=num_classes**2).astype(np.int64).reshape(num_classes, num_classes)


@dataclass(frozen=True)
class Scores:
    """Ratios in 0..1. A class that neither occurs nor is predicted has an IoU of NaN and does not count in ``miou``."""

    iou: NDArray[np.float64]
    miou: float
    pixel_accuracy: float


def scores(counts: Counts) -> Scores:
    """``IoU = TP / (TP + FP + FN)`` of each class, their mean, and pixel accuracy; NaN where no pixel was counted."""
    hits = np.diag(counts).astype(np.float64)
    union = counts.sum(0) + counts.sum(1) - np.diag(counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = hits / union
        accuracy = float(hits.sum() / counts.sum()) if counts.sum() else float("nan")
    miou = float(np.nanmean(iou)) if np.isfinite(iou).any() else float("nan")
    return Scores(iou, miou, accuracy)


def miou(counts: Counts) -> float:
    """Mean IoU of a confusion matrix."""
    return scores(counts).miou


def miou_gain(before: Counts, after: Counts) -> float:
    """mIoU of ``after`` minus mIoU of ``before``."""
    return miou(after) - miou(before)
