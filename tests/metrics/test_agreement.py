from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.classification import MulticlassJaccardIndex

from mobileseg.metrics.agreement import Agreement, boundary_band


@settings(max_examples=25, deadline=None)
@given(images=st.integers(1, 4), noise=st.floats(1e-4, 1.0), seed=st.integers(0, 2**32 - 1))
def test_logit_figures_by_formula(images: int, noise: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    reference = generator.standard_normal((images, 1, 7, 8, 9)).astype(np.float32)
    other = (reference + noise * generator.standard_normal(reference.shape)).astype(np.float32)
    agreement = Agreement(7)
    for one, two in zip(reference, other, strict=True):
        agreement.add_logits(one, two)
    exact, difference = reference.astype(np.float64), other.astype(np.float64) - reference.astype(np.float64)
    # Sums over all images together: a mean of the images' decibels would be another number.
    assert agreement.sqnr_db == pytest.approx(10 * np.log10((exact**2).sum() / (difference**2).sum()))
    assert agreement.max_error == pytest.approx(np.abs(difference).max())
    assert agreement.logit_range == pytest.approx(exact.max() - exact.min())


def test_small_noise_on_large_logits_is_not_lost_in_float32() -> None:
    reference = np.full((1, 2, 64, 64), 1000, dtype=np.float32)
    other = reference + np.float32(2**-10)
    agreement = Agreement(2)
    agreement.add_logits(reference, other)
    assert agreement.sqnr_db == pytest.approx(20 * math.log10(1000 * 2**10))


def test_equal_logits_are_infinitely_good() -> None:
    agreement = Agreement(3)
    logits = np.ones((1, 3, 2, 2), dtype=np.float32)
    agreement.add_logits(logits, logits.copy())
    assert agreement.sqnr_db == math.inf
    assert agreement.max_error == 0
    agreement.add_logits(logits, 2 * logits)
    assert agreement.sqnr_db == pytest.approx(10 * math.log10(2))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["reference", "other", "both"])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_no_number_is_not_swallowed(bad: float, where: str, first: bool) -> None:
    """``max(0.0, nan)`` is 0.0: the largest error, its share of the range and the SQNR must not look like those of a good file."""
    good = np.random.default_rng(0).standard_normal((1, 3, 4, 4)).astype(np.float32)
    spoiled = good.copy()
    spoiled[0, 1, 2, 3] = bad
    agreement = Agreement(3)
    pair = (spoiled if where != "other" else good, spoiled if where != "reference" else good)
    for reference, other in (pair, (good, good)) if first else ((good, good), pair):
        agreement.add_logits(reference, other)
    assert agreement.max_error is not None and not agreement.max_error <= 1e-4
    assert agreement.relative_error is not None and not agreement.relative_error <= 1e-4
    assert agreement.sqnr_db is not None and not agreement.sqnr_db >= 10


def test_any_difference_from_logits_without_a_range_is_infinite() -> None:
    agreement = Agreement(2)
    assert agreement.relative_error is None
    flat = np.zeros((1, 2, 3, 3), dtype=np.float32)
    agreement.add_logits(flat, flat)
    assert agreement.relative_error == 0
    agreement.add_logits(flat, flat + 1)
    assert agreement.relative_error == math.inf


def test_a_reference_of_zeros_is_infinitely_bad() -> None:
    agreement = Agreement(3)
    agreement.add_logits(np.zeros((1, 3, 2, 2), np.float32), np.ones((1, 3, 2, 2), np.float32))
    assert agreement.sqnr_db == -math.inf


def test_without_logits_there_are_no_logit_figures() -> None:
    agreement = Agreement(3)
    agreement.add_classes(np.zeros((4, 4), np.int32), np.zeros((4, 4), np.int32))
    assert agreement.sqnr_db is None
    assert agreement.max_error is None
    assert agreement.logit_range is None
    assert agreement.images == 1


def test_class_figures_are_of_all_pixels_together() -> None:
    generator = np.random.default_rng(0)
    shapes = [(10, 10), (40, 30), (5, 80)]
    reference = [generator.integers(0, 4, shape) for shape in shapes]
    other = [np.where(generator.random(a.shape) < 0.3, generator.integers(0, 4, a.shape), a) for a in reference]
    agreement = Agreement(5)  # class 4 occurs nowhere
    for one, two in zip(reference, other, strict=True):
        agreement.add_classes(one, two)
    flat, believed = np.concatenate([o.ravel() for o in other]), np.concatenate([r.ravel() for r in reference])
    assert agreement.images == 3
    assert agreement.argmax == pytest.approx((flat == believed).mean())
    expected = MulticlassJaccardIndex(4)(torch.from_numpy(flat), torch.from_numpy(believed)).item()
    assert agreement.miou == pytest.approx(expected, rel=1e-6)


def test_nothing_added_is_nan() -> None:
    assert math.isnan(Agreement(3).argmax)
    assert math.isnan(Agreement(3).miou)
    assert Agreement(3).images == 0


def test_classes_beyond_the_model_s_are_refused() -> None:
    with pytest.raises(ValueError, match="classes"):
        Agreement(2).add_classes(np.array([[0, 1]]), np.array([[0, 2]]))


@settings(max_examples=40, deadline=None)
@given(height=st.integers(1, 20), width=st.integers(1, 20), reach=st.integers(1, 5), seed=st.integers(0, 999))
def test_the_band_holds_the_pixels_that_see_another_class(height: int, width: int, reach: int, seed: int) -> None:
    classes = np.random.default_rng(seed).integers(0, 2, (height, width)).repeat(3, 0).repeat(4, 1)
    found = boundary_band(classes, reach)
    for y, x in np.ndindex(classes.shape):
        window = classes[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
        assert found[y, x] == (window != classes[y, x]).any()


def test_agreement_near_boundaries_is_counted_apart() -> None:
    reference = np.zeros((20, 40), dtype=np.int32)
    reference[:, 20:] = 1
    other = reference.copy()
    other[:, 20] = 0  # the boundary lies one pixel further right
    agreement = Agreement(2)
    agreement.add_classes(reference, other)
    assert agreement.argmax == pytest.approx(1 - 1 / 40)
    assert agreement.band == pytest.approx(1 - 1 / 6)  # 3 pixels on either side
    flat = Agreement(2)
    flat.add_classes(reference * 0, other)
    assert math.isnan(flat.band)
