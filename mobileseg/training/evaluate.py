"""How good a model in training is, and how good guessing would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mobileseg.classmap import Outputs, classes_of_output
from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.images import Batch, read_batch
from mobileseg.data.labels import read_labels, read_panoptic
from mobileseg.metrics.confusion import Scores, confusion, scores
from mobileseg.metrics.panoptic import PanopticScores, panoptic_counts, panoptic_scores
from mobileseg.panoptic import panoptic_labels, rules_for


@dataclass(frozen=True)
class Found:
    """``panoptic`` is None where instances were not looked at."""

    classes: Scores
    panoptic: PanopticScores | None

    @property
    def score(self) -> float:
        """What weights are chosen by: PQ where there are instances, else mIoU."""
        return self.panoptic.every.pq if self.panoptic else self.classes.miou

    @property
    def measured(self) -> dict[str, float]:
        """The figures by name, 0..1."""
        figures = {"miou": self.classes.miou, "pixel_accuracy": self.classes.pixel_accuracy}
        if self.panoptic:
            every = self.panoptic.every
            figures |= {"pq": every.pq, "sq": every.sq, "rq": every.rq, "pq_things": self.panoptic.things.pq}
        return figures


def evaluate(
    outputs_of: Callable[[Batch], Outputs],
    align_corners: bool,
    data: LabelledFolder,
    size: tuple[int, int],
    panoptic: bool = False,
) -> Found:
    """What computes the outputs of ``(1, 3, *size)`` pixels, on every image, at the labels' own size: what ``compare`` measures."""
    classes = data.classes
    rules = rules_for(classes.thing_numbers)
    counts = np.zeros((len(classes.names), len(classes.names)), dtype=np.int64)
    segments = np.zeros((len(classes.names), 4))
    for item in data.items:
        label = read_labels(item, classes)
        outputs = outputs_of(read_batch(item.image, *size))
        prediction = classes_of_output(outputs[0], label.shape[0], label.shape[1], align_corners)
        counts += confusion(prediction, label, len(classes.names), classes.ignore_index)
        if panoptic:
            wanted = read_panoptic(item, classes, rules.label_divisor, rules.void)
            found = panoptic_labels(outputs, (label.shape[0], label.shape[1]), rules)
            segments += panoptic_counts(found, wanted, len(classes.names), rules.label_divisor, rules.void)
    return Found(scores(counts), panoptic_scores(segments, rules.things) if panoptic else None)


def place_baseline(training: LabelledFolder, data: LabelledFolder, grid: tuple[int, int] = (96, 128)) -> Scores:
    """What one gets without looking: at each position (of ``grid``) the class that is most frequent there in ``training``."""
    names = training.classes.names
    votes = np.zeros((len(names), *grid), dtype=np.int64)
    for item in training.items:
        label = _at(read_labels(item, training.classes), grid)
        for number in range(len(names)):
            votes[number] += label == number
    usual = votes.argmax(0)
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for item in data.items:
        label = read_labels(item, data.classes)
        counts += confusion(_at(usual, label.shape), label, len(names), data.classes.ignore_index)
    return scores(counts)


def _at(labels: NDArray[np.int64], size: tuple[int, ...]) -> NDArray[np.int64]:
    """``labels`` at the nearest positions of another size."""
    rows, columns = ((2 * np.arange(n) + 1) * old // (2 * n) for n, old in zip(size, labels.shape, strict=True))
    resized: NDArray[np.int64] = labels[rows[:, None], columns]
    return resized
