"""Accuracy against labels: sums over images, figures with intervals, and the difference of two that saw the same images."""

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
    """Panoptic quality, all in 0..1: means over the classes that occur, over the things and the stuff among them, and each class's.

    ``interval``: of ``pq``, 95 %, bootstrap over images.
    """

    pq: Ratio
    interval: tuple[Ratio, Ratio]
    sq: Ratio
    rq: Ratio
    pq_things: Ratio
    pq_stuff: Ratio
    pq_of_class: dict[str, Ratio]


class Accuracy(Part):
    """All in 0..1. ``interval``: 95 %, bootstrap over images. ``panoptic``: where both file and data have instances."""

    miou: Ratio
    interval: tuple[Ratio, Ratio]
    pixel_accuracy: Ratio
    iou: dict[str, Ratio]
    panoptic: PanopticAccuracy | None = None


class Gain(Part):
    """The artifact's figure less the reference model's, and its 95 % interval from pairs: both on the same drawn images."""

    metric: str
    value: Ratio
    interval: tuple[Ratio, Ratio]


@dataclass
class PanopticTally:
    """Counts of segments, one array an image."""

    names: tuple[str, ...]
    rules: PanopticRules
    counts: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, outputs: Outputs, item: Item, classes: ClassSet) -> None:
        """The outputs of one image against its labels, at the labels' size."""
        label = read_panoptic(item, classes, self.rules.label_divisor, self.rules.void)
        found = panoptic_labels(outputs, (label.shape[0], label.shape[1]), self.rules)
        self.counts.append(panoptic_counts(found, label, len(self.names), self.rules.label_divisor, self.rules.void))

    def accuracy(self) -> PanopticAccuracy:
        """Of all images together."""
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
class Tally:
    """Confusion matrices, one an image, and the segments' counts where there are instances."""

    names: tuple[str, ...]
    ignore: int | None
    panoptic: PanopticTally | None
    counts: list[NDArray[np.int64]] = field(default_factory=list)

    @classmethod
    def of(cls, classes: ClassSet, rules: PanopticRules | None) -> Tally:
        """An empty one. ``rules``: how outputs become instances, None where they are not looked at."""
        return cls(classes.names, classes.ignore_index, PanopticTally(classes.names, rules) if rules else None)

    def add(self, prediction: NDArray[np.int32], label: NDArray[np.int64]) -> None:
        """The class maps of one image."""
        self.counts.append(confusion(prediction, label, len(self.names), self.ignore))

    def accuracy(self) -> Accuracy:
        """Of all images together."""
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

    def gains(self, before: Tally) -> tuple[Gain, ...]:
        """This one's figures less those of ``before``, which saw the same images."""
        pair = np.stack(before.counts), np.stack(self.counts)
        value = miou_gain(pair[0].sum(0), pair[1].sum(0))
        found = [Gain(metric="mIoU", value=value, interval=interval(miou_gain, *pair))]
        if self.panoptic and before.panoptic:
            segments = np.stack(before.panoptic.counts), np.stack(self.panoptic.counts)
            value = pq_gain(segments[0].sum(0), segments[1].sum(0))
            found.append(Gain(metric="PQ", value=value, interval=interval(pq_gain, *segments)))
        return tuple(found)
