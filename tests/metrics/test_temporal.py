"""Classes along the motion: against a plain loop, against torchmetrics, and where the prediction is perfect."""

import math

import numpy as np
import pytest
import torch
from films import by_color, film
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.classification import MulticlassJaccardIndex

from mobileseg.metrics.temporal import along, consistency_counts, grid, kept, kept_gain, landing, tc

SIZES = st.tuples(st.integers(1, 14), st.integers(1, 14))
STEPS = st.integers(1, 4)
SEEDS = st.integers(0, 2**32 - 1)


def scene(size: tuple[int, int], step: int, seed: int, classes: int = 4) -> tuple[np.ndarray, ...]:
    """Two class maps, motion in sixteenths of a pixel that also leads out of the picture, and what is seen."""
    random = np.random.default_rng(seed)
    now, later = random.integers(0, classes, (2, *size))
    motion = random.integers(-80, 81, (*grid(size, step), 2)) / 16
    return now, later, motion, random.random(grid(size, step)) < 0.8


@settings(deadline=None)
@given(size=SIZES, step=STEPS, seed=SEEDS)
def test_counts_are_those_of_a_plain_loop(size: tuple[int, int], step: int, seed: int) -> None:
    now, later, motion, seen = scene(size, step, seed)
    wanted = np.zeros((4, 4), dtype=np.int64)
    for i, j in np.ndindex(seen.shape):
        row, column = math.floor(i * step + 0.5 + motion[i, j, 1]), math.floor(j * step + 0.5 + motion[i, j, 0])
        if seen[i, j] and 0 <= row < size[0] and 0 <= column < size[1]:
            wanted[now[i * step, j * step], later[row, column]] += 1
    found = consistency_counts(now, later, motion, seen, step, 4)
    assert found.tolist() == wanted.tolist()
    if wanted.sum():
        assert kept(found) == np.trace(wanted) / wanted.sum()
    else:
        assert math.isnan(kept(found))


@settings(deadline=None)
@given(size=SIZES, step=STEPS, seed=SEEDS)
def test_a_still_picture_keeps_every_class(size: tuple[int, int], step: int, seed: int) -> None:
    now = scene(size, step, seed)[0]
    seen = np.ones(grid(size, step), dtype=bool)
    counts = consistency_counts(now, now, np.zeros((*seen.shape, 2)), seen, step, 4)
    assert kept(counts) == 1
    assert counts.sum() == seen.size


@settings(deadline=None)
@given(size=SIZES, seed=SEEDS, down=st.integers(-5, 5), across=st.integers(-5, 5))
def test_a_picture_that_moves_as_a_whole_keeps_every_class(
    size: tuple[int, int], seed: int, down: int, across: int
) -> None:
    now = scene(size, 1, seed)[0]
    later = np.roll(now, (down, across), (0, 1))  # what is rolled in at the other side is not reached
    motion = np.broadcast_to(np.array([across, down], dtype=float), (*size, 2))
    counts = consistency_counts(now, later, motion, np.ones(size, dtype=bool), 1, 4)
    assert counts.sum() == max(size[0] - abs(down), 0) * max(size[1] - abs(across), 0)
    assert np.trace(counts) == counts.sum()


@settings(deadline=None)
@given(size=SIZES, step=STEPS, seed=SEEDS)
def test_motion_at_every_nth_pixel_is_a_part_of_that_at_every_pixel(
    size: tuple[int, int], step: int, seed: int
) -> None:
    now, later, motion, seen = scene(size, 1, seed)
    chosen = np.zeros(size, dtype=bool)
    chosen[::step, ::step] = True
    whole = along(now, later, motion, seen & chosen)
    part = along(now, later, motion[::step, ::step], seen[::step, ::step], step)
    assert [found.tolist() for found in part] == [found.tolist() for found in whole]


@settings(deadline=None)
@given(size=SIZES, seed=SEEDS, order=st.permutations(range(4)))
def test_the_names_of_classes_do_not_matter(size: tuple[int, int], seed: int, order: list[int]) -> None:
    now, later, motion, seen = scene(size, 1, seed)
    table = np.array(order)
    found = (consistency_counts(*pair, motion, seen, 1, 4) for pair in ((now, later), (table[now], table[later])))
    (first, second) = found
    assert kept(first) == kept(second) or math.isnan(kept(first))
    assert tc(first) == pytest.approx(tc(second), nan_ok=True)


def test_a_perfect_prediction_along_the_true_flow_has_consistency_1() -> None:
    frames = film(12)
    maps = [by_color(frame.image) for frame in frames]
    assert all((found == frame.mask).all() for found, frame in zip(maps, frames, strict=True))
    for step in (1, 2, 3):
        counts = sum(
            consistency_counts(now, later, frame.motion[::step, ::step], frame.seen[::step, ::step], step, 5)
            for now, later, frame in zip(maps, maps[1:], frames, strict=False)
        )
        assert kept(counts) == tc(counts) == 1
        assert (counts.diagonal() > 0).all()  # every class was followed
    still = sum(
        consistency_counts(now, later, 0 * frame.motion, frame.seen, 1, 5)
        for now, later, frame in zip(maps, maps[1:], frames, strict=False)
    )
    assert kept(still) < 0.97  # without the motion it is not


def test_what_flickers_is_what_is_lost() -> None:
    first, second = film(2)
    later = second.mask.astype(np.int32)
    row, column, inside = landing(first.motion, (64, 96))
    reached = np.argwhere(first.seen & inside)[:50]
    for i, j in reached:
        later[row[i, j], column[i, j]] = (later[row[i, j], column[i, j]] + 1) % 5
    counts = consistency_counts(first.mask, later, first.motion, first.seen, 1, 5)
    assert kept(counts) == 1 - 50 / first.seen.sum()
    perfect = consistency_counts(first.mask, second.mask, first.motion, first.seen, 1, 5)
    assert kept_gain(perfect, counts) == pytest.approx(-50 / first.seen.sum())


def test_tc_is_the_miou_of_the_maps_of_both_frames() -> None:
    now, later, motion, seen = scene((40, 50), 1, 3)
    here, there = along(now, later, motion, seen)
    expected = MulticlassJaccardIndex(4)(torch.from_numpy(there), torch.from_numpy(here)).item()
    assert tc(consistency_counts(now, later, motion, seen, 1, 4)) == pytest.approx(expected, rel=1e-6)


def test_points_that_are_ignored_in_either_frame_do_not_count() -> None:
    now, later = np.array([[0, 9, 1, 1]]), np.array([[0, 1, 9, 0]])
    counts = consistency_counts(now, later, np.zeros((1, 4, 2)), np.ones((1, 4), dtype=bool), 1, 2, ignore=9)
    assert counts.tolist() == [[1, 0], [1, 0]]


@pytest.mark.parametrize(
    ("shapes", "step"),
    [
        (((4, 6), (4, 5), (4, 6)), 1),
        (((4, 6), (4, 6), (2, 3)), 1),
        (((4, 6), (4, 6), (4, 6)), 2),
        (((4, 6), (4, 6), (2, 2)), 2),
    ],
)
def test_other_shapes_are_refused(shapes: tuple[tuple[int, int], ...], step: int) -> None:
    now, later = (np.zeros(shape, dtype=int) for shape in shapes[:2])
    with pytest.raises(ValueError, match="motion"):
        along(now, later, np.zeros((*shapes[2], 2)), np.ones(shapes[2], dtype=bool), step)
