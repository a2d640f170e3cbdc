"""Where a series of measurements changes its level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results.changes import Change, changes, changes_of_each, switches


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(6, 20), st.integers(3, 10), st.sampled_from([0.5, 0.8, 1.25, 2.0]))
def test_a_change_of_level_is_found_where_it_is(seed: int, before: int, after: int, ratio: float) -> None:
    generator = np.random.default_rng(seed)
    levels = np.concatenate([np.full(before, 10.0), np.full(after, 10.0 * ratio)])
    figures = (levels * generator.normal(1, 0.01, len(levels))).tolist()
    (found,) = changes(figures, PROTOCOLS["standard"].within)
    assert (found.at, found.points) == (before, after) and found.ratio == pytest.approx(ratio, rel=0.03)


def test_noise_and_a_single_outlier_are_hardly_ever_a_change() -> None:
    """Chance makes a level now and then: of 1,200 series fewer than 1 in 200 may show one."""
    noise, outlier = 0, 0
    for seed in range(1200):
        figures = np.random.default_rng(seed).normal(10, 0.15, 2 + seed % 29)
        noise += bool(changes(figures.tolist(), 0.05))
        figures[len(figures) // 2] *= 1.1
        outlier += len(figures) > 6 and bool(changes(figures.tolist(), 0.05))
    assert noise < 6 and outlier < 6


def test_the_last_point_alone_is_a_change_only_where_it_is_large() -> None:
    level = [10.0, 10.1, 9.9, 10.0, 10.05]
    assert changes([*level, 11.0], 0.05) == []
    assert [(c.at, c.points) for c in changes([*level, 13.0], 0.05)] == [(5, 1)]
    assert changes([10.0], 0.05) == [] == changes([], 0.05)


def test_what_differs_between_kinds_is_no_change() -> None:
    """As where a protocol gets other numbers; a change within a kind is found though the other one is between its points."""
    kinds = ["old", "old", "old", "new", "old", "new", "new", "old"]
    figures = [10.0, 10.0, 10.0, 20.0, 13.0, 20.0, 20.0, 13.0]

    def find(kind: str, some: list[float]) -> list[Change]:
        return changes(some, 0.05)

    ((before, found),) = changes_of_each(kinds, figures, find)
    assert (before, found.at, found.points) == (2, 4, 2) and found.ratio == pytest.approx(1.3)
    assert [change.at for change in changes(figures, 0.05)] != [4], "without kinds more is found"
    assert switches(kinds) == (3, 4, 5, 7) and switches([]) == switches(["one"]) == ()
