"""Blocks of a series: what is drawn, and that the interval covers what it should where neighbours resemble each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.metrics.blocks import Blocks
from mobileseg.metrics.bootstrap import independent, interval
from mobileseg.metrics.temporal import kept

LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=5).map(tuple)


@settings(deadline=None)
@given(lengths=LENGTHS, size=st.integers(1, 6), seed=st.integers(0, 999))
def test_blocks_are_neighbours_of_one_series(lengths: tuple[int, ...], size: int, seed: int) -> None:
    """One block, seen alone: in a series of its own length it is a run that may go round, all of it where the series is short."""
    count = sum(lengths)
    one = Blocks(lengths, count)  # as many as there are members: a single block
    drawn = one(np.random.default_rng(seed), count)
    ends = np.cumsum(lengths)
    touched = [part for part in np.split(drawn, ends[:-1]) if part.any()]
    assert len(touched) == 1
    assert (touched[0] == 1).all()  # a block is at most as long as its series
    short = Blocks(lengths, size)
    total = short(np.random.default_rng(seed), count)
    assert total.shape == (count,)
    assert 1 <= total.sum() <= -(-count // size) * size
    if min(lengths) >= size:
        assert total.sum() == -(-count // size) * size


@settings(deadline=None)
@given(length=st.integers(2, 30), size=st.integers(1, 8), seed=st.integers(0, 999))
def test_a_block_is_a_run(length: int, size: int, seed: int) -> None:
    size = min(size, length)

    class First(np.random.Generator):
        """Draws one start, whatever is asked."""

        def integers(self, low: int, high: int, count: int) -> np.ndarray:  # type: ignore[override]
            return super().integers(low, high, 1)

    drawn = Blocks((length,), size)(First(np.random.PCG64(seed)), length)
    assert drawn.sum() == size
    runs = np.flatnonzero(np.diff(np.concatenate([drawn, drawn[:1]])) == 1).size
    assert runs == (0 if size == length else 1)


@given(lengths=LENGTHS, seed=st.integers(0, 999))
def test_blocks_of_one_are_independent_draws(lengths: tuple[int, ...], seed: int) -> None:
    count = sum(lengths)
    drawn = Blocks(lengths, 1)(np.random.default_rng(seed), count)
    assert drawn.tolist() == independent(np.random.default_rng(seed), count).tolist()


def test_every_member_is_drawn_equally_often() -> None:
    generator, blocks = np.random.default_rng(0), Blocks((11, 7), 3)
    total = sum(blocks(generator, 18) for _ in range(4000))
    assert total / total.mean() == pytest.approx(np.ones(18), abs=0.06)


@pytest.mark.parametrize(("lengths", "size"), [((1,), 1), ((11,), 3), ((27,), 3), ((28,), 4), ((11, 11, 11), 4)])
def test_the_length_is_the_cube_root(lengths: tuple[int, ...], size: int) -> None:
    assert Blocks.of(lengths) == Blocks(lengths, size)


def test_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="members"):
        Blocks((3, 4), 2)(np.random.default_rng(0), 8)


def test_a_series_whose_neighbours_resemble_each_other_gets_a_wider_interval_that_covers() -> None:
    """Shares that drift as an autoregression around 0.9: of 100 films the interval by blocks contains 0.9 in many more than that by
    single draws."""
    random, hits = np.random.default_rng(0), np.zeros(2, dtype=int)
    for _ in range(100):
        noise, level = random.normal(0, 0.01, 90), 0.0
        shares = []
        for step in noise:
            level = 0.8 * level + step
            shares.append(0.9 + level)
        right = (np.array(shares[10:]) * 10_000).round().astype(np.int64)
        counts = np.zeros((80, 2, 2), dtype=np.int64)
        counts[:, 0, 0], counts[:, 0, 1] = right, 10_000 - right
        for place, draw in enumerate((independent, Blocks((80,), 8))):
            low, high = interval(kept, counts, resamples=200, draw=draw)
            hits[place] += low <= 0.9 <= high
    assert hits[0] < 65
    assert hits[1] > 75


def test_the_interval_of_an_only_block_is_a_point() -> None:
    counts = np.random.default_rng(0).integers(1, 9, (4, 2, 2))
    whole = kept(counts.sum(0))
    assert interval(kept, counts, resamples=20, draw=Blocks((4,), 4)) == (whole, whole)
