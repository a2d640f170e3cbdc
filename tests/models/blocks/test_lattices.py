"""Parts of a depthwise kernel: they cover it, are small, and add up to it."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.models.blocks.lattices import LARGEST_SIDE, TILES, Lattice, lattices

SIDES = st.integers(1, LARGEST_SIDE)


@settings(deadline=None, max_examples=60)
@given(height=SIDES, width=SIDES)
def test_every_tap_is_in_one_small_and_symmetric_part(height: int, width: int) -> None:
    parts = lattices(height, width)
    taps = [tap for part in parts for tap in itertools.product(part.rows, part.columns)]
    assert sorted(taps) == list(itertools.product(range(height), range(width)))
    for part in parts:
        assert len(part.rows) * len(part.columns) <= TILES[-1]
        for places, side in ((part.rows, height), (part.columns, width)):
            assert places[0] + places[-1] == side - 1
            assert len({after - before for before, after in itertools.pairwise(places)}) <= 1


def test_seven_by_seven_takes_the_time_of_59_taps() -> None:
    assert [(part.rows, part.columns) for part in lattices(7, 7)] == [
        ((1, 3, 5), (0, 1, 2, 3, 4, 5, 6)),
        ((0, 2, 4, 6), (1, 2, 3, 4, 5)),
        ((0, 2, 4, 6), (0, 6)),
    ]


@pytest.mark.parametrize("sides", [(5, 5), (31, 31), (1, 31)])
def test_small_and_very_large_kernels_stay_whole(sides: tuple[int, int]) -> None:
    assert lattices(*sides) == (Lattice(tuple(range(sides[0])), tuple(range(sides[1]))),)


@settings(deadline=None, max_examples=25)
@given(
    sides=st.tuples(st.integers(2, 9), st.integers(3, 9)),
    stride=st.integers(1, 2),
    dilation=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    more=st.integers(0, 2),
)
def test_the_parts_add_up(sides: tuple[int, int], stride: int, dilation: tuple[int, int], more: int) -> None:
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(3, 1, *sides, generator=generator, dtype=torch.float64)
    x = torch.randn(1, 3, 30, 31, generator=generator, dtype=torch.float64)
    padding = tuple(step * (side - 1) // 2 + step + more for step, side in zip(dilation, sides, strict=True))
    wanted, found = F.conv2d(x, weight, None, stride, padding, dilation, 3), torch.zeros(())
    for part in lattices(*sides):
        taps = weight[:, :, list(part.rows)][..., list(part.columns)]
        found = found + F.conv2d(x, taps, None, stride, part.padding(padding, dilation), part.dilation(dilation), 3)
    torch.testing.assert_close(found, wanted)
