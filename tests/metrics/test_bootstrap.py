from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from mobileseg.metrics.bootstrap import interval
from mobileseg.metrics.confusion import HITS, PREDICTED, class_counts, class_scores, mean_iou
from mobileseg.metrics.paired import difference, skill


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
        [class_counts(np.where(generator.random(p.shape) < i / 12, y, p), y, 5) for i, (p, y) in enumerate(pairs)]
    )


def test_bootstrap_is_deterministic_and_contains_the_point(per_image: NDArray[np.int64]) -> None:
    low, high = interval(mean_iou, per_image, resamples=300)
    assert (low, high) == interval(mean_iou, per_image, resamples=300)
    assert (low, high) != interval(mean_iou, per_image, resamples=300, seed=1)
    assert low < mean_iou(per_image.sum(0)) < high
    assert 0 < low < high < 1


def test_bootstrap_narrows_with_more_images(per_image: NDArray[np.int64]) -> None:
    few = np.diff(interval(mean_iou, per_image, resamples=300))[0]
    many = np.diff(interval(mean_iou, np.concatenate([per_image] * 16), resamples=300))[0]
    assert many < few / 2  # 16 times the images: a quarter of the width


def test_bootstrap_of_one_image_is_a_point(per_image: NDArray[np.int64]) -> None:
    only = mean_iou(per_image[0])
    assert interval(mean_iou, per_image[:1], resamples=10) == (only, only)


@pytest.mark.filterwarnings("error")
def test_bootstrap_where_some_images_have_no_labels(per_image: NDArray[np.int64]) -> None:
    mixed = np.concatenate([per_image[:1], np.zeros((1, 5, 3), dtype=np.int64)])
    only = mean_iou(per_image[0])
    assert interval(mean_iou, mixed, resamples=50) == pytest.approx((only, only))


def test_the_interval_of_a_paired_difference_is_narrower(per_image: NDArray[np.int64]) -> None:
    worse = per_image.copy()
    worse[:, 0, HITS] -= 1  # one pixel of the first class goes to the second, in every image
    worse[:, 0, PREDICTED] -= 1
    worse[:, 1, PREDICTED] += 1
    gain = difference(mean_iou)(worse.sum(0), per_image.sum(0))
    low, high = interval(difference(mean_iou), worse, per_image, resamples=300)
    assert low < gain < high
    assert high - low < 0.1 * np.diff(interval(mean_iou, per_image, resamples=300))[0]


def test_the_gain_of_equal_files_is_zero(per_image: NDArray[np.int64]) -> None:
    assert interval(difference(mean_iou), per_image, per_image, resamples=20) == (0.0, 0.0)


def test_groups_of_one_change_nothing(per_image: NDArray[np.int64]) -> None:
    names = [str(i) for i in range(len(per_image))]
    assert interval(mean_iou, per_image, groups=names) == interval(mean_iou, per_image)


def test_copies_in_one_group_say_no_more_than_one(per_image: NDArray[np.int64]) -> None:
    """Ten frames of each scene: single draws would make the interval a third as wide."""
    films, scenes = np.repeat(per_image, 10, 0), np.repeat(np.arange(len(per_image)), 10)
    alone, together = interval(mean_iou, films), interval(mean_iou, films, groups=scenes.tolist())
    assert together == pytest.approx(interval(mean_iou, per_image))
    assert np.diff(alone)[0] < 0.5 * np.diff(together)[0]


def test_groups_need_not_lie_together(per_image: NDArray[np.int64]) -> None:
    groups = ["a", "b", "c"] * 4
    by_hand = np.stack([per_image[i::3].sum(0) for i in range(3)])
    assert interval(mean_iou, per_image, groups=groups) == pytest.approx(interval(mean_iou, by_hand))


def test_the_interval_covers_the_truth_of_grouped_images() -> None:
    """Scenes of different difficulty, twelve frames each: the interval by scenes has the true mean in about 95 % of the data sets, the one
    by frames in far fewer."""
    random = np.random.default_rng(0)
    share = 0.6  # of the pixels are right, in the mean over scenes

    def covered(by_scene: bool) -> float:
        found = 0
        for seed in range(120):
            scenes = random.beta(6, 4, 15)
            hits = random.binomial(1000, np.repeat(scenes, 12))
            counts = np.stack([np.stack([hits, np.full(180, 1000)], 1)] * 1, 1)
            groups = np.repeat(np.arange(15), 12).tolist() if by_scene else None
            low, high = interval(lambda c: float(c[0, 0] / c[0, 1]), counts, groups=groups, resamples=200, seed=seed)
            found += low <= share <= high
        return found / 120

    assert covered(by_scene=True) > 0.85
    assert covered(by_scene=False) < 0.6


def test_thousands_of_images_with_many_classes_take_seconds_and_little_memory() -> None:
    random = np.random.default_rng(0)
    labelled = random.integers(0, 5000, (2000, 150))
    hits = random.binomial(labelled, 0.7)
    counts = np.stack([hits, labelled, hits + random.integers(0, 2000, hits.shape)], 2)
    worse = counts.copy()
    worse[:, :, HITS] = random.binomial(hits, 0.99)
    tracemalloc.start()
    begin = time.process_time()
    low, high = interval(difference(mean_iou), counts, worse)
    spent, (_, peak) = time.process_time() - begin, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert low < difference(mean_iou)(counts.sum(0), worse.sum(0)) < high < 0
    assert spent < 20
    assert peak < 200e6


def test_the_skill_is_the_share_of_what_a_guess_lacks() -> None:
    right = np.array([[8, 10, 10], [8, 10, 10]])
    guess = np.array([[5, 10, 10], [5, 10, 10]])
    a, b = (class_scores(each).miou for each in (guess, right))
    assert skill(mean_iou)(guess, right) == pytest.approx((b - a) / (1 - a))
    assert skill(mean_iou)(right, right) == 0
    perfect = np.array([[10, 10, 10]])
    assert np.isnan(skill(mean_iou)(perfect, perfect))
    assert np.isnan(interval(skill(mean_iou), perfect[None], perfect[None], resamples=5)).all()
