"""Panoptic quality, the product of recognition quality and segmentation quality.

Paper: Kirillov, He, Girshick, Rother, Dollar, "Panoptic Segmentation", CVPR 2019 (https://arxiv.org/abs/1801.00868). The handling of
void and the numbers are those of github.com/google-research/deeplab2 (Apache-2.0) and, except for crowds, of
github.com/cocodataset/panopticapi.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
IOU, TP, FP, FN = range(4)  # columns of the counts


def panoptic_counts(
    prediction: NDArray[np.integer],
    label: NDArray[np.integer],
    num_classes: int,
    label_divisor: int = 1000,
    void: int = 255,
) -> Counts:
    """Counts ``(num_classes, 4)`` float64 of one image: for each class the summed IoU of the matches, and the numbers of matches, false
    positives and false negatives. Counts of several images are added.

    Both maps ``(H, W)`` hold ``class * label_divisor + instance``. Segments of one class match if their IoU is above 1/2; pixels that
    are void in the label (instance 0 of the class ``void``) are not in the union. Other instances of ``void`` in the label are crowds:
    they need not be found, and do not excuse false positives. An unmatched prediction more than half of which is void in the label is
    not a false positive; predicted void is ignored. Raises ``ValueError`` for different shapes, and for numbers outside the classes.
    """
    if prediction.shape != label.shape:
        raise ValueError(f"prediction {prediction.shape} and label {label.shape} differ in shape")
    wanted, wanted_index, wanted_area = np.unique(label, return_inverse=True, return_counts=True)
    given, given_index, given_area = np.unique(prediction, return_inverse=True, return_counts=True)
    pairs = wanted_index.ravel() * len(given) + given_index.ravel()
    shared = np.bincount(pairs, minlength=len(wanted) * len(given)).reshape(len(wanted), len(given))
    wanted_class, given_class = wanted // label_divisor, given // label_divisor
    for numbers, what in ((wanted_class, "labels"), (given_class, "predictions")):
        foreign = numbers[(numbers != void) & ((numbers < 0) | (numbers >= num_classes))]
        if foreign.size:
            raise ValueError(f"{what} of class {foreign[0]} for the classes 0..{num_classes - 1} and void {void}")
    in_void = shared[wanted == void * label_divisor].sum(0)
    union = wanted_area[:, None] + given_area - shared - in_void
    iou = shared / np.maximum(union, 1)  # the union is empty where everything is void
    match = (wanted_class[:, None] == given_class) & (wanted_class != void)[:, None] & (iou > 0.5)
    missed = ~match.any(1) & (wanted_class != void)
    invented = ~match.any(0) & (given_class != void) & (in_void <= 0.5 * given_area)
    rows, columns = np.nonzero(match)
    counts = np.zeros((num_classes, 4))
    np.add.at(counts[:, IOU], wanted_class[rows], iou[rows, columns])
    np.add.at(counts[:, TP], wanted_class[rows], 1)
    np.add.at(counts[:, FP], given_class[invented], 1)
    np.add.at(counts[:, FN], wanted_class[missed], 1)
    return counts


@dataclass(frozen=True)
class Quality:
    """Means over ``classes`` classes, 0..1; NaN over none. ``pq = sq * rq`` holds for each class, not for the means."""

    pq: float
    sq: float
    rq: float
    classes: int


@dataclass(frozen=True)
class PanopticScores:
    """Qualities, 0..1, of each class (NaN if it does not occur in the labels), and means over the others: all, things, stuff. So two
    models are scored over the same classes. (deeplab2 and panopticapi also count, as 0, a class that is only predicted.)"""

    pq: NDArray[np.float64]
    sq: NDArray[np.float64]
    rq: NDArray[np.float64]
    every: Quality
    things: Quality
    stuff: Quality


def panoptic_scores(counts: Counts, things: Collection[int]) -> PanopticScores:
    """``SQ = IoU / TP`` (0 without matches), ``RQ = TP / (TP + FP / 2 + FN / 2)``, ``PQ = SQ * RQ`` of counts ``(classes, 4)``."""
    iou, tp, fp, fn = counts.T
    occurs = tp + fn > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        rq = tp / (tp + (fp + fn) / 2)
        sq = np.where(tp > 0, iou / tp, 0.0)
    sq[~occurs] = np.nan
    pq = sq * rq
    is_thing = np.isin(np.arange(len(counts)), list(things))

    def mean(which: NDArray[np.bool_]) -> Quality:
        counted = which & occurs
        a, b, c = (float(each[counted].mean()) if counted.any() else float("nan") for each in (pq, sq, rq))
        return Quality(a, b, c, int(counted.sum()))

    return PanopticScores(pq, sq, rq, mean(np.full_like(occurs, True)), mean(is_thing), mean(~is_thing))


def pq(counts: Counts) -> float:
    """Mean panoptic quality over the classes of counts ``(classes, 4)``."""
    return panoptic_scores(counts, ()).every.pq
