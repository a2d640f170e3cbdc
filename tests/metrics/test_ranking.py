from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.classification import multiclass_accuracy

from mobileseg.metrics.ranking import probabilities, ranking_counts, top1, top5


@given(classes=st.integers(6, 30), images=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
def test_equals_torchmetrics(classes: int, images: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    logits, labels = draw.standard_normal((images, classes)), draw.integers(0, classes, images)
    total = sum(ranking_counts(row, int(label)) for row, label in zip(logits, labels, strict=True))
    for figure, k in ((top1, 1), (top5, 5)):
        wanted = multiclass_accuracy(
            torch.from_numpy(logits), torch.from_numpy(labels), classes, average="micro", top_k=k
        )
        assert math.isclose(figure(total), float(wanted), abs_tol=1e-6)


def test_of_equal_logits_the_lower_number_comes_first() -> None:
    equal = np.zeros(6)
    assert ranking_counts(equal, 0).tolist() == [1, 1, 1]
    assert ranking_counts(equal, 1).tolist() == [1, 0, 1]
    assert ranking_counts(equal, 5).tolist() == [1, 0, 0]


def test_without_images_there_is_no_accuracy() -> None:
    assert math.isnan(top1(np.zeros(3))) and math.isnan(top5(np.zeros(3)))


def test_probabilities_of_large_logits() -> None:
    found = probabilities(np.array([1000.0, 999.0, -1000.0], np.float32))
    assert np.isclose(found.sum(), 1) and np.isclose(found[0], 1 / (1 + math.exp(-1))) and found[2] == 0
