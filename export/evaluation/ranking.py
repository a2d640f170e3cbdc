"""Accuracy of classifiers: top-1 and top-5 with bootstrap intervals, and how two models differ on the same images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mobileseg.document import Part
from mobileseg.export.evaluation.accuracy import Chance, Gain, Ratio
from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.paired import difference, skill
from mobileseg.metrics.ranking import Counts, ranking_counts, top1, top5

TOP1 = "top-1"


class RankingAccuracy(Part):
    """Accuracy of a classifier, all in 0..1. ``interval``: 95 % interval of ``top1``, bootstrap over images, copies of one drawn
    together."""

    top1: Ratio
    interval: tuple[Ratio, Ratio]
    top5: Ratio


class RankingPair(Part):
    """Of the reference model and of the file."""

    float_: RankingAccuracy = Field(alias="float")
    artifact: RankingAccuracy


@dataclass
class RankingMeter:
    """Accumulates whether the label is first, and whether it is among the first five, of each image."""

    counts: list[Counts] = field(default_factory=list)

    def add(self, logits: NDArray[np.generic], label: int) -> None:
        """Add the logits ``(1, C)`` of one image."""
        self.counts.append(ranking_counts(logits[0].astype(np.float64), label))

    def accuracy(self, clusters: Sequence[str]) -> RankingAccuracy:
        """Over all images. ``clusters``: the same string for copies of one image."""
        stack = np.stack(self.counts)
        total = stack.sum(0)
        return RankingAccuracy(top1=top1(total), interval=interval(top1, stack, groups=clusters), top5=top5(total))

    def gain(self, before: RankingMeter, clusters: Sequence[str]) -> Gain:
        """Of top-1 over ``before``, which saw the same images."""
        stacks, both = (np.stack(before.counts), np.stack(self.counts)), difference(top1)
        value = both(stacks[0].sum(0), stacks[1].sum(0))
        return Gain(metric=TOP1, value=value, interval=interval(both, *stacks, groups=clusters))

    def chance(self, labels: Sequence[int], clusters: Sequence[str]) -> Chance:
        """How far top-1 is above that of always giving the class that is most frequent in the other images."""
        number = Counter(labels)
        guessed = []
        for label in labels:
            number[label] -= 1
            guess = min(number, key=lambda each: (-number[each], each))
            number[label] += 1
            guessed.append(np.array([1, guess == label, guess == label]))
        stacks, above = (np.stack(guessed), np.stack(self.counts)), skill(top1)
        return Chance(
            metric=TOP1,
            guess=top1(stacks[0].sum(0)),
            value=above(stacks[0].sum(0), stacks[1].sum(0)),
            interval=interval(above, *stacks, groups=clusters),
        )
