"""Accuracy against labels: counts per image, figures with bootstrap intervals, and the difference of two models on the same images."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer

from mobileseg.data.classes import ClassSet
from mobileseg.data.labels import Item, read_panoptic
from mobileseg.export.manifest import Part
from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.confusion import confusion, miou, miou_gain, scores
from mobileseg.metrics.panoptic import panoptic_counts, panoptic_scores, pq, pq_gain
from mobileseg.postprocess.class_map import Outputs
from mobileseg.postprocess.panoptic import PanopticRules, panoptic_labels

# A class that neither occurs nor is predicted has no IoU: null in JSON.
Ratio = Annotated[
    float,
    PlainSerializer(lambda v: None if math.isnan(v) else v, when_used="json"),
    BeforeValidator(lambda v: float("nan") if v is None else v),
]


class PanopticAccuracy(Part):
    """Panoptic quality, all in 0..1: means over the classes that occur, over the things and the stuff among them, and per class.

    ``interval``: 95 % interval of ``pq``, bootstrap over images.
    """

    pq: Ratio
    interval: tuple[Ratio, Ratio]
    sq: Ratio
    rq: Ratio
    pq_things: Ratio
    pq_stuff: Ratio
    pq_of_class: dict[str, Ratio]


class Accuracy(Part):
    """Accuracy of one model, all in 0..1. ``interval``: 95 % interval of ``miou``, bootstrap over images. ``iou``: by class name.
    ``panoptic``: None unless both model and labels have instances."""

    miou: Ratio
    interval: tuple[Ratio, Ratio]
    pixel_accuracy: Ratio
    iou: dict[str, Ratio]
    panoptic: PanopticAccuracy | None = None


class Gain(Part):
    """The artifact's ``metric`` minus the reference model's, 0..1, and its 95 % interval from a paired bootstrap: both models on the
    same resampled images."""

    metric: str
    value: Ratio
    interval: tuple[Ratio, Ratio]


@dataclass
class PanopticMeter:
    """Accumulates the segment counts of panoptic quality, one array per image."""

    names: tuple[str, ...]
    rules: PanopticRules
    counts: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, outputs: Outputs, item: Item, classes: ClassSet) -> None:
        """Add the outputs of one image, compared with its labels at the labels' size."""
        label = read_panoptic(item, classes, self.rules.label_divisor, self.rules.void)
        found = panoptic_labels(outputs, (label.shape[0], label.shape[1]), self.rules)
        self.counts.append(panoptic_counts(found, label, len(self.names), self.rules.label_divisor, self.rules.void))

    def accuracy(self) -> PanopticAccuracy:
        """Panoptic quality over all images."""
        stack = np.stack(self.counts)
        total = panoptic_scores(stack.sum(0), self.rules.things)
        return PanopticAccuracy(
            pq=total.every.pq,
            interval=interval(pq, stack),
            sq=total.every.sq,
            rq=total.every.rq,
            pq_things=total.things.pq,
            pq_stuff=total.stuff.pq,
            pq_of_class=dict(zip(self.names, total.pq.tolist(), strict=True)),
        )


@dataclass
class AccuracyMeter:
    """Accumulates one confusion matrix per image, and segment counts where there are instances."""

    names: tuple[str, ...]
    ignore: int | None
    panoptic: PanopticMeter | None
    counts: list[NDArray[np.int64]] = field(default_factory=list)

    @classmethod
    def for_classes(cls, classes: ClassSet, rules: PanopticRules | None) -> AccuracyMeter:
        """An empty meter for data of ``classes``. ``rules``: how outputs become instances, None to ignore instances."""
        return cls(classes.names, classes.ignore_index, PanopticMeter(classes.names, rules) if rules else None)

    def add(self, prediction: NDArray[np.int32], label: NDArray[np.int64]) -> None:
        """Add the predicted and the labelled class map ``(H, W)`` of one image."""
        self.counts.append(confusion(prediction, label, len(self.names), self.ignore))

    def accuracy(self) -> Accuracy:
        """Accuracy over all images."""
        stack = np.stack(self.counts)
        total = scores(stack.sum(0))
        iou = dict(zip(self.names, total.iou.tolist(), strict=True))
        return Accuracy(
            miou=total.miou,
            interval=interval(miou, stack),
            pixel_accuracy=total.pixel_accuracy,
            iou=iou,
            panoptic=self.panoptic.accuracy() if self.panoptic else None,
        )

    def gains(self, before: AccuracyMeter) -> tuple[Gain, ...]:
        """The differences of this meter's figures from those of ``before``, which saw the same images."""
        pair = np.stack(before.counts), np.stack(self.counts)
        value = miou_gain(pair[0].sum(0), pair[1].sum(0))
        found = [Gain(metric="mIoU", value=value, interval=interval(miou_gain, *pair))]
        if self.panoptic and before.panoptic:
            segments = np.stack(before.panoptic.counts), np.stack(self.panoptic.counts)
            value = pq_gain(segments[0].sum(0), segments[1].sum(0))
            found.append(Gain(metric="PQ", value=value, interval=interval(pq_gain, *segments)))
        return tuple(found)
