from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.confusion import confusion, miou, miou_gain, scores


def maps(classes: int, seed: int, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Predictions that are right in about half of the pixels, and labels."""
    generator = np.random.default_rng(seed)
    label = generator.integers(0, classes, shape)
    return np.stack([np.where(generator.random(shape) < 0.5, label, generator.integers(0, classes, shape)), label])


@pytest.fixture(scope="module")
def per_image() -> NDArray[np.int64]:
    pairs = [maps(5, seed, (20, 20)) for seed in range(12)]
    generator = np.random.default_rng(3)
    return np.stack(
        [confusion(np.where(generator.random(p.shape) < i / 12, y, p), y, 5) for i, (p, y) in enumerate(pairs)]
    )


def test_bootstrap_is_deterministic_and_contains_the_point(per_image: NDArray[np.int64]) -> None:
    low, high = interval(miou, per_image, resamples=300)
    assert (low, high) == interval(miou, per_image, resamples=300)
    assert (low, high) != interval(miou, per_image, resamples=300, seed=1)
    assert low < scores(per_image.sum(0)).miou < high
    assert 0 < low < high < 1


def test_bootstrap_narrows_with_more_images(per_image: NDArray[np.int64]) -> None:
    few = np.diff(interval(miou, per_image, resamples=300))[0]
    many = np.diff(interval(miou, np.concatenate([per_image] * 16), resamples=300))[0]
    assert many < few / 2  # 16 times the images: a quarter of the width


def test_bootstrap_of_one_image_is_a_point(per_image: NDArray[np.int64]) -> None:
    only = scores(per_image[0]).miou
    assert interval(miou, per_image[:1], resamples=10) == (only, only)


@pytest.mark.filterwarnings("error")
def test_bootstrap_where_some_images_have_no_labels(per_image: NDArray[np.int64]) -> None:
    mixed = np.concatenate([per_image[:1], np.zeros((1, 5, 5), dtype=np.int64)])
    only = scores(per_image[0]).miou
    assert interval(miou, mixed, resamples=50) == pytest.approx((only, only))


def test_the_interval_of_a_paired_difference_is_narrower(per_image: NDArray[np.int64]) -> None:
    worse = per_image.copy()
    worse[:, 0, 0] -= 1  # one pixel of the first class goes to the second, in every image
    worse[:, 0, 1] += 1
    gain = miou_gain(worse.sum(0), per_image.sum(0))
    low, high = interval(miou_gain, worse, per_image, resamples=300)
    assert low < gain < high
    assert high - low < 0.1 * np.diff(interval(miou, per_image, resamples=300))[0]


def test_the_gain_of_equal_files_is_zero(per_image: NDArray[np.int64]) -> None:
    assert interval(miou_gain, per_image, per_image, resamples=20) == (0.0, 0.0)
