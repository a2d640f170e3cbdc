"""Intersection over union from an exact confusion matrix, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def confusion(
    prediction: NDArray[np.integer], label: NDArray[np.integer], num_classes: int, ignore: int | None = None
) -> Counts:
    """``(num_classes, num_classes)`` int64 pixel counts: rows the label, columns the prediction; ``ignore`` labels left out."""
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
    """All ratios in 0..1; a class that neither occurs nor is predicted has the IoU NaN and does not count in ``miou``."""

    iou: NDArray[np.float64]
    miou: float
    pixel_accuracy: float


def scores(counts: Counts) -> Scores:
    """``IoU = TP / (TP + FP + FN)`` for each class and its mean; pixel accuracy. NaN where nothing was counted."""
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
    """By how much the second matrix's mIoU is larger."""
    return miou(after) - miou(before)
