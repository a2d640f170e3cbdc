from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torchmetrics.classification import MulticlassConfusionMatrix, MulticlassJaccardIndex

from mobileseg.metrics.confusion import class_counts, class_scores, confusion, mean_iou

Classes = NDArray[np.uint8]


def maps(
    classes: int, seed: int, shape: tuple[int, ...] = (3, 17, 23), ignore: int | None = None
) -> tuple[Classes, Classes]:
    """Predictions that are right in about half of the pixels, and labels."""
    generator = np.random.default_rng(seed)
    label = generator.integers(0, classes, shape)
    prediction = np.where(generator.random(shape) < 0.5, label, generator.integers(0, classes, shape))
    if ignore is not None:
        label = np.where(generator.random(shape) < 0.2, ignore, label)
    return prediction.astype(np.uint8), label.astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(classes=st.integers(2, 20), ignore=st.sampled_from([None, 255]), seed=st.integers(0, 2**32 - 1))
def test_agrees_with_torchmetrics(classes: int, ignore: int | None, seed: int) -> None:
    prediction, label = maps(classes, seed, ignore=ignore)
    counts = confusion(prediction, label, classes, ignore)
    pair = torch.from_numpy(prediction).int(), torch.from_numpy(label).int()
    matrix = MulticlassConfusionMatrix(classes, ignore_index=ignore)(*pair)
    np.testing.assert_array_equal(counts, matrix.numpy())
    found = class_scores(class_counts(prediction, label, classes, ignore))
    each = MulticlassJaccardIndex(classes, average=None, ignore_index=ignore)(*pair)
    np.testing.assert_allclose(found.iou, each.numpy(), rtol=1e-6)
    mean = MulticlassJaccardIndex(classes, average="macro", ignore_index=ignore)(*pair)
    assert found.miou == pytest.approx(mean.item(), rel=1e-6)
    counted = np.ones(label.shape, bool) if ignore is None else label != ignore
    assert found.pixel_accuracy == pytest.approx((prediction == label)[counted].mean())


def test_an_ignored_class_is_no_label_but_may_be_predicted() -> None:
    counts = confusion(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 1]), 2, ignore=0)
    assert counts.tolist() == [[0, 0], [1, 1]]


def test_counts_in_int64_whatever_the_maps_hold() -> None:
    pixels = np.full((40, 50), 200, dtype=np.uint8)  # 200 * 201 + 200 does not fit into eight bits, nor sixteen
    counts = confusion(pixels, pixels, 201)
    assert counts.dtype == np.int64
    assert counts[200, 200] == counts.sum() == 2000
    large = np.array([[2**40, 2**40, 2**40 + 1], [1, 1, 1]])  # float32 would lose the one
    assert class_scores(large).iou[0] == 2**40 / (2**40 + 1)


def test_rows_are_labels() -> None:
    assert confusion(np.array([1]), np.array([0]), 2).tolist() == [[0, 1], [0, 0]]


def test_refuses_maps_of_different_shape() -> None:
    with pytest.raises(ValueError, match=r"prediction \(2, 3\) and label \(3, 2\)"):
        confusion(np.zeros((2, 3), int), np.zeros((3, 2), int), 2)


@pytest.mark.parametrize(("prediction", "label"), [(2, 0), (-1, 1), (0, 2), (1, -1)])
def test_refuses_classes_that_do_not_exist(prediction: int, label: int) -> None:
    with pytest.raises(ValueError, match="classes"):
        confusion(np.array([prediction]), np.array([label]), 2)


def test_class_counts_are_sums_of_the_matrix() -> None:
    prediction, label = maps(6, seed=1, ignore=255)
    matrix = confusion(prediction, label, 6, 255)
    found = class_counts(prediction, label, 6, 255)
    assert found.tolist() == np.stack([np.diag(matrix), matrix.sum(1), matrix.sum(0)], 1).tolist()


def test_an_absent_class_is_nan_and_does_not_count() -> None:
    found = class_scores(class_counts(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 3))
    np.testing.assert_allclose(found.iou, [1 / 2, 2 / 3, np.nan])
    assert found.miou == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found.pixel_accuracy == 0.75


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), absent=st.integers(1, 3))
def test_two_models_are_scored_over_the_classes_that_occur_in_the_labels(seed: int, absent: int) -> None:
    """One that predicts a class that is not there loses the pixels, and no more."""
    prediction, label = maps(4, seed)
    other = prediction.copy()
    other[0, :2] = 3 + absent
    first, second = (class_scores(class_counts(p, label, 8)) for p in (prediction, other))
    assert np.isnan(first.iou).tolist() == np.isnan(second.iou).tolist() == [False] * 4 + [True] * 4
    assert abs(first.miou - second.miou) < 0.1
    assert second.miou == pytest.approx(np.nanmean(second.iou[:4]))


def test_a_class_that_is_only_predicted_costs_the_others_their_pixels() -> None:
    found = class_scores(class_counts(np.array([0, 2]), np.array([0, 0]), 3))
    np.testing.assert_allclose(found.iou, [0.5, np.nan, np.nan])
    assert found.miou == 0.5


@pytest.mark.filterwarnings("error")
def test_nothing_counted_is_nan_without_a_warning() -> None:
    found = class_scores(np.zeros((3, 3), dtype=np.int64))
    assert np.isnan(found.miou)
    assert np.isnan(found.pixel_accuracy)
    assert np.isnan(found.iou).all()
    assert np.isnan(mean_iou(np.zeros((3, 3))))
