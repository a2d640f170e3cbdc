"""The guess that ignores the image."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.metrics.position import PositionVotes, at_size


def test_the_most_frequent_class_of_each_position() -> None:
    votes = PositionVotes(3, grid=(2, 2))
    for classes in ([[0, 1], [2, 2]], [[0, 1], [1, 2]], [[2, 2], [1, 0]]):
        votes.add(np.array(classes))
    assert votes.guess((2, 2)).tolist() == [[0, 1], [1, 2]]
    assert votes.share == pytest.approx(8 / 12)


def test_numbers_that_are_no_classes_do_not_vote() -> None:
    votes = PositionVotes(2, grid=(1, 2))
    assert math.isnan(votes.share)
    votes.add(np.array([[255, 1]]))
    votes.add(np.array([[-1, 0]]))
    votes.add(np.array([[1, 0]]))
    assert votes.guess((1, 2)).tolist() == [[1, 0]]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 999), size=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_votes_that_are_taken_back_leave_no_trace(seed: int, size: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    first, second = (random.integers(0, 4, size) for _ in range(2))
    votes, alone = PositionVotes(4), PositionVotes(4)
    for classes in (first, second):
        votes.add(classes)
    alone.add(second)
    votes.add(votes.sampled(first), times=-1)
    assert np.array_equal(votes.guess(size), alone.guess(size))


def test_one_image_is_guessed_perfectly_from_itself() -> None:
    classes = np.random.default_rng(0).integers(0, 5, (96, 128))
    votes = PositionVotes(5)
    votes.add(classes)
    assert np.array_equal(votes.guess((96, 128)), classes)
    assert votes.share == 1


def test_sizes_are_changed_without_new_classes() -> None:
    classes = np.array([[0, 7], [3, 3]])
    assert at_size(classes, (4, 4)).tolist() == [[0, 0, 7, 7]] * 2 + [[3, 3, 3, 3]] * 2
    assert at_size(at_size(classes, (6, 10)), (2, 2)).tolist() == classes.tolist()
