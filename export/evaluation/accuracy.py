"""Accuracy against labels: counts per image, figures with bootstrap intervals, and how two models differ on the same images."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, PlainSerializer

from mobileseg.data.classes import ClassSet
from mobileseg.data.labels import Item, read_panoptic
from mobileseg.document import Part
from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.confusion import class_counts, class_scores, mean_iou
from mobileseg.metrics.paired import Figure, PairFigure, difference, skill
from mobileseg.metrics.panoptic import panoptic_counts, panoptic_scores, pq
from mobileseg.postprocess.panoptic import PanopticRules

# A class that neither occurs nor is predicted has no IoU: null in JSON.
Ratio = Annotated[
    float,
    PlainSerializer(lambda v: None if math.isnan(v) else v, when_used="json"),
    BeforeValidator(lambda v: float("nan") if v is None else v),
]


class PanopticAccuracy(Part):
    """Panoptic quality, all in 0..1: means over the classes that occur in the labels, over the things and the stuff among them, and per
    class. ``interval``: 95 % interval of ``pq``, bootstrap over images or groups of them.
    """

    pq: Ratio
    interval: tuple[Ratio, Ratio]
    sq: Ratio
    rq: Ratio
    pq_things: Ratio
    pq_stuff: Ratio
    pq_of_class: dict[str, Ratio]


class Accuracy(Part):
    """Accuracy of one model, all in 0..1, over the classes that occur in the labels. ``interval``: 95 % interval of ``miou``, bootstrap
    over images or groups of them. ``iou``: by class name. ``panoptic``: None unless both model and labels have instances."""

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


class Chance(Part):
    """How far the reference model's ``metric`` is above that of a guess that ignores the image: at each position the class most frequent
    there in the other images (of other groups). ``guess``: the metric of that guess, 0..1. ``value``: the skill, (metric - guess) /
    (1 - guess): 0 where the guess is as good, 1 for a perfect model; ``interval``: of ``value``, 95 %."""

    metric: str
    guess: Ratio
    value: Ratio
    interval: tuple[Ratio, Ratio]


Clusters = Sequence[Hashable] | None
Seen = Callable[[NDArray[np.int64]], NDArray[np.int64]]


@dataclass
class PanopticMeter:
    """Accumulates the segment counts of panoptic quality, one array per image. ``seen``: the part of a label that counts."""

    names: tuple[str, ...]
    rules: PanopticRules
    seen: Seen
    counts: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, found: NDArray[np.integer], item: Item, classes: ClassSet) -> None:
        """Add the panoptic labels ``(H, W)`` of one image, as ``rules`` number them, compared with its labels."""
        label = self.seen(read_panoptic(item, classes, self.rules.label_divisor, self.rules.void))
        self.counts.append(panoptic_counts(found, label, len(self.names), self.rules.label_divisor, self.rules.void))

    def accuracy(self, clusters: Clusters) -> PanopticAccuracy:
        """Panoptic quality over all images."""
        stack = np.stack(self.counts)
        total = panoptic_scores(stack.sum(0), self.rules.things)
        return PanopticAccuracy(
            pq=total.every.pq,
            interval=interval(pq, stack, groups=clusters),
            sq=total.every.sq,
            rq=total.every.rq,
            pq_things=total.things.pq,
            pq_stuff=total.stuff.pq,
            pq_of_class=dict(zip(self.names, total.pq.tolist(), strict=True)),
        )


@dataclass
class AccuracyMeter:
    """Accumulates the pixels of each class, a few numbers per image, and segment counts where there are instances.

    ``clusters``, in the methods: which group each image is in, for the intervals; None where each is its own.
    """

    names: tuple[str, ...]
    ignore: int | None
    panoptic: PanopticMeter | None
    counts: list[NDArray[np.int64]] = field(default_factory=list)

    @classmethod
    def for_classes(
        cls, classes: ClassSet, rules: PanopticRules | None, seen: Seen = lambda label: label
    ) -> AccuracyMeter:
        """An empty meter for data of ``classes``. ``rules``: how outputs become instances, None to ignore instances. ``seen``: gives the
        part of the labels of an image that counts."""
        return cls(classes.names, classes.ignored, PanopticMeter(classes.names, rules, seen) if rules else None)

    def add(self, prediction: NDArray[np.integer], label: NDArray[np.int64]) -> None:
        """Add the predicted and the labelled class map ``(H, W)`` of one image."""
        self.counts.append(class_counts(prediction, label, len(self.names), self.ignore))

    def accuracy(self, clusters: Clusters = None) -> Accuracy:
        """Accuracy over all images."""
        stack = np.stack(self.counts)
        total = class_scores(stack.sum(0))
        iou = dict(zip(self.names, total.iou.tolist(), strict=True))
        return Accuracy(
            miou=total.miou,
            interval=interval(mean_iou, stack, groups=clusters),
            pixel_accuracy=total.pixel_accuracy,
            iou=iou,
            panoptic=self.panoptic.accuracy(clusters) if self.panoptic else None,
        )

    def gains(self, before: AccuracyMeter, clusters: Clusters = None) -> tuple[Gain, ...]:
        """The differences of this meter's figures from those of ``before``, which saw the same images."""
        return tuple(Gain(**found) for found in self._paired(difference, before, clusters))

    def above(self, guess: AccuracyMeter, clusters: Clusters = None) -> tuple[Chance, ...]:
        """How far this meter's figures are above those of ``guess``, which saw the same images."""
        figures = {"mIoU": mean_iou(np.sum(guess.counts, 0))}
        if guess.panoptic:
            figures["PQ"] = pq(np.sum(guess.panoptic.counts, 0))
        return tuple(Chance(**found, guess=figures[found["metric"]]) for found in self._paired(skill, guess, clusters))

    def _paired(
        self, relation: Callable[[Figure], PairFigure], other: AccuracyMeter, clusters: Clusters
    ) -> Iterator[dict[str, Any]]:
        """For each metric that both meters have: ``relation`` of the other's and of this one's, and its interval."""
        pairs: list[tuple[str, Figure, Sequence[NDArray[Any]], Sequence[NDArray[Any]]]]
        pairs = [("mIoU", mean_iou, other.counts, self.counts)]
        if self.panoptic and other.panoptic:
            pairs.append(("PQ", pq, other.panoptic.counts, self.panoptic.counts))
        for metric, figure, *counts in pairs:
            stacks, both = (np.stack(counts[0]), np.stack(counts[1])), relation(figure)
            yield {
                "metric": metric,
                "value": both(stacks[0].sum(0), stacks[1].sum(0)),
                "interval": interval(both, *stacks, groups=clusters),
            }
