"""Validation scores of a model, and those of a baseline that does not look at the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.classes import ClassSet
from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.images import Batch, evenly, read_batch
from mobileseg.data.labels import Item, read_labels, read_panoptic
from mobileseg.metrics.confusion import Scores, class_counts, class_scores
from mobileseg.metrics.panoptic import PanopticScores, panoptic_counts, panoptic_scores
from mobileseg.metrics.position import PositionVotes
from mobileseg.postprocess.class_map import Outputs, classes_of_output
from mobileseg.postprocess.panoptic import one_instance_a_class, panoptic_labels, rules_for
from mobileseg.postprocess.sound import check_sound
from mobileseg.training.compute import full_float32

MOST_VOTES = 4096


@dataclass(frozen=True)
class Evaluation:
    """Scores on one dataset; ``panoptic`` is None where instances were not evaluated."""

    classes: Scores
    panoptic: PanopticScores | None

    @property
    def score(self) -> float:
        """The score that the best weights are chosen by: PQ with instances, else mIoU."""
        return self.panoptic.every.pq if self.panoptic else self.classes.miou

    @property
    def measured(self) -> dict[str, float]:
        """Scores by name, each in 0..1."""
        figures = {"miou": self.classes.miou, "pixel_accuracy": self.classes.pixel_accuracy}
        if self.panoptic:
            every = self.panoptic.every
            figures |= {"pq": every.pq, "sq": every.sq, "rq": every.rq, "pq_things": self.panoptic.things.pq}
        return figures


class _Accumulator:
    """Counts of pixels, and of segments where ``panoptic``, summed over images."""

    def __init__(self, classes: ClassSet, panoptic: bool) -> None:
        self.classes, self.panoptic = classes, panoptic
        self.rules = rules_for(classes.thing_numbers, classes.panoptic)
        self.counts = np.zeros((len(classes.names), 3), dtype=np.int64)
        self.segments = np.zeros((len(classes.names), 4))

    def add(
        self, item: Item, label: NDArray[np.int64], prediction: NDArray[Any], segments: NDArray[Any] | None
    ) -> None:
        """``label`` and ``prediction``: class numbers of one image; ``segments``: its panoptic labels."""
        names, rules = self.classes.names, self.rules
        self.counts += class_counts(prediction, label, len(names), self.classes.ignored)
        if segments is not None:
            wanted = read_panoptic(item, self.classes, rules.label_divisor, rules.void)
            self.segments += panoptic_counts(segments, wanted, len(names), rules.label_divisor, rules.void)

    def result(self) -> Evaluation:
        return Evaluation(
            class_scores(self.counts), panoptic_scores(self.segments, self.rules.things) if self.panoptic else None
        )


def evaluate(
    outputs_of: Callable[[Batch], Outputs],
    align_corners: bool,
    data: LabelledFolder,
    size: tuple[int, int],
    panoptic: bool = False,
) -> Evaluation:
    """Scores of ``outputs_of``, which maps pixels ``(1, 3, *size)`` to outputs, at the labels' own size: the protocol of ``compare``.
    Raises ``GateError`` where an output is not finite."""
    total = _Accumulator(data.classes, panoptic)
    for item in data.items:
        label = read_labels(item, data.classes)
        height, width = label.shape
        with full_float32():
            outputs = outputs_of(read_batch(item.image, *size))
        check_sound(outputs, (), len(data.classes.names), "the model", item.image.name)
        prediction = classes_of_output(outputs[0], height, width, align_corners)
        total.add(item, label, prediction, panoptic_labels(outputs, (height, width), total.rules) if panoptic else None)
    return total.result()


def position_baseline(training: LabelledFolder, data: LabelledFolder, panoptic: bool = False) -> Evaluation:
    """Scores of a guess that ignores the image: at each position the class most frequent there in ``training``, of which at most
    ``MOST_VOTES`` images, evenly chosen, vote; all pixels of a thing class form one instance."""
    votes = PositionVotes(len(training.classes.names))
    for index in evenly(len(training.items), MOST_VOTES):
        votes.add(read_labels(training.items[index], training.classes))
    total = _Accumulator(data.classes, panoptic)
    for item in data.items:
        label = read_labels(item, data.classes)
        guess = votes.guess((label.shape[0], label.shape[1]))
        total.add(item, label, guess, one_instance_a_class(guess, total.rules) if panoptic else None)
    return total.result()
