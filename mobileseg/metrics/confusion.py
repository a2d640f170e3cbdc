"""Counts of pixels by class, intersection over union, and pixel accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
HITS, LABELLED, PREDICTED = range(3)  # columns of the counts by class


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


def class_counts(
    prediction: NDArray[np.integer], label: NDArray[np.integer], num_classes: int, ignore: int | None = None
) -> Counts:
    """What the scores need of one image, ``(num_classes, 3)`` int64: the pixels found, labelled and predicted of each class. Counts of
    several images are added. Arguments and errors as for ``confusion``, of which this is a small part: for 150 classes a fiftieth."""
    matrix = confusion(prediction, label, num_classes, ignore)
    return np.stack([np.diag(matrix), matrix.sum(1), matrix.sum(0)], axis=1)


@dataclass(frozen=True)
class Scores:
    """Ratios in 0..1. A class that does not occur in the labels has an IoU of NaN and does not count in ``miou``: two models are
    scored over the same classes, whatever they predict."""

    iou: NDArray[np.float64]
    miou: float
    pixel_accuracy: float


def class_scores(counts: NDArray[Any]) -> Scores:
    """``IoU = TP / (TP + FP + FN)`` of each class, their mean, and pixel accuracy, of counts ``(classes, 3)``; NaN where no pixel was
    counted."""
    hits, labelled, predicted = np.asarray(counts, dtype=np.float64).T
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = np.where(labelled > 0, hits / (labelled + predicted - hits), np.nan)
    total = labelled.sum()
    accuracy = float(hits.sum() / total) if total else float("nan")
    return Scores(iou, float(np.nanmean(iou)) if total else float("nan"), accuracy)


def mean_iou(counts: NDArray[Any]) -> float:
    """Mean IoU of counts ``(classes, 3)``."""
    return class_scores(counts).miou
