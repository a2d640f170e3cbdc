"""Moved windows of one picture, and what of their classes is the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.metrics.shift import LARGEST_SHIFT, SHIFTS, moves, share, share_gain, shift_counts, window

SHIFT = st.integers(0, LARGEST_SHIFT)


@given(st.integers(1, len(SHIFTS)))
def test_every_shift_is_made_once(pictures: int) -> None:
    made = moves(pictures)
    assert len(made) == pictures
    assert sorted(shift for one in made for shift in one) == list(SHIFTS)
    assert all(made)
    if pictures == len(SHIFTS):
        assert made == [[shift] for shift in SHIFTS]


@settings(deadline=None)
@given(height=st.integers(9, 20), width=st.integers(9, 20), shift=SHIFT, seed=st.integers(0, 999))
def test_what_depends_on_the_pixel_alone_is_kept(height: int, width: int, shift: int, seed: int) -> None:
    picture = np.random.default_rng(seed).uniform(0, 255, (1, 3, height + 8, width + 8)).astype(np.float32)
    still, moved = (window(picture, (height, width), by).argmax(1)[0] for by in (0, shift))
    counts = shift_counts(still, moved, shift)
    assert counts.tolist() == [(height - shift) * (width - shift)] * 2
    assert share(counts) == 1


@settings(deadline=None)
@given(height=st.integers(9, 20), width=st.integers(9, 20), shift=SHIFT, seed=st.integers(0, 999))
def test_counts_are_those_of_a_plain_loop(height: int, width: int, shift: int, seed: int) -> None:
    still, moved = np.random.default_rng(seed).integers(0, 3, (2, height, width))
    same = sum(still[y + shift, x + shift] == moved[y, x] for y in range(height - shift) for x in range(width - shift))
    assert shift_counts(still, moved, shift).tolist() == [same, (height - shift) * (width - shift)]


def test_what_stays_in_its_place_is_not_kept() -> None:
    stripes = np.arange(20) % 2 + np.zeros((20, 1), dtype=int)
    assert share(shift_counts(stripes, stripes, 1)) == 0
    assert share(shift_counts(stripes, stripes, 2)) == 1
    assert share_gain(shift_counts(stripes, stripes, 2), shift_counts(stripes, stripes, 1)) == -1


def test_a_classifier_gives_one_class_a_window() -> None:
    assert shift_counts(np.array([3]), np.array([3]), 8).tolist() == [1, 1]
    assert shift_counts(np.array([3]), np.array([4]), 8).tolist() == [0, 1]


def test_windows_are_copies_that_a_runtime_takes() -> None:
    picture = np.zeros((1, 3, 20, 30), dtype=np.float32)
    part = window(picture, (12, 22), 8)
    part[:] = 1
    assert part.flags.c_contiguous
    assert picture.sum() == 0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        window(np.zeros((1, 3, 20, 30), dtype=np.float32), (13, 22), 8)
    with pytest.raises(ValueError, match="shapes"):
        shift_counts(np.zeros((9, 9)), np.zeros((9, 8)), 1)
    with pytest.raises(ValueError, match="moved by"):
        shift_counts(np.zeros((9, 9)), np.zeros((9, 9)), 9)
