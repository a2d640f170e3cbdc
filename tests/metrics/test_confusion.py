from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torchmetrics.classification import MulticlassConfusionMatrix, MulticlassJaccardIndex

from mobileseg.metrics.confusion import confusion, scores

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
    found = scores(counts)
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
    large = np.array([[2**40, 1], [0, 2**40]])  # a float32 matrix would lose the one
    assert scores(large).iou[1] == 2**40 / (2**40 + 1)


def test_rows_are_labels() -> None:
    assert confusion(np.array([1]), np.array([0]), 2).tolist() == [[0, 1], [0, 0]]


def test_refuses_maps_of_different_shape() -> None:
    with pytest.raises(ValueError, match=r"prediction \(2, 3\) and label \(3, 2\)"):
        confusion(np.zeros((2, 3), int), np.zeros((3, 2), int), 2)


@pytest.mark.parametrize(("prediction", "label"), [(2, 0), (-1, 1), (0, 2), (1, -1)])
def test_refuses_classes_that_do_not_exist(prediction: int, label: int) -> None:
    with pytest.raises(ValueError, match="classes"):
        confusion(np.array([prediction]), np.array([label]), 2)


def test_an_absent_class_is_nan_and_does_not_count() -> None:
    found = scores(confusion(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 3))
    np.testing.assert_allclose(found.iou, [1 / 2, 2 / 3, np.nan])
    assert found.miou == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert found.pixel_accuracy == 0.75


def test_a_class_that_is_only_predicted_counts_as_zero() -> None:
    found = scores(confusion(np.array([0, 2]), np.array([0, 0]), 3))
    np.testing.assert_allclose(found.iou, [0.5, np.nan, 0.0])
    assert found.miou == 0.25


@pytest.mark.filterwarnings("error")
def test_nothing_counted_is_nan_without_a_warning() -> None:
    found = scores(np.zeros((3, 3), dtype=np.int64))
    assert np.isnan(found.miou)
    assert np.isnan(found.pixel_accuracy)
    assert np.isnan(found.iou).all()
