"""Statistics of times in ms. ``turns``: one array of times per turn, in the order in which they were taken.

Samples of one turn are close in time and correlated, so intervals come from a bootstrap over whole turns (block bootstrap;
Künsch 1989), not over single samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Times = NDArray[np.float64]

OUTLIER = 3.5  # robust z-score (Iglewicz and Hoaglin 1993)
NORMAL = 1.4826  # standard deviation over MAD, for a normal distribution
ENDS = 5  # drift compares the last fifth of the turns with the first
RESAMPLES = 1000

CHUNK = 50  # resamples at a time: minutes of samples would not fit into memory otherwise

FIGURES: Mapping[str, float] = {"median": 50, "p90": 90}  # percentiles


def figure_of(turns: Sequence[ArrayLike], figure: str) -> float:
    """The median or p90 (``figure``) of all samples, in ms."""
    return float(np.percentile(flat(turns), FIGURES[figure]))


def flat(turns: Sequence[ArrayLike]) -> Times:
    """All samples in one array."""
    return np.concatenate([np.asarray(turn, dtype=np.float64) for turn in turns])


class Summary(NamedTuple):
    """See ``summarize``."""

    median_ms: float
    p90_ms: float
    p99_ms: float
    mean_ms: float
    min_ms: float
    mad_ms: float
    variation: float | None
    drift: float | None
    outliers: float


def summarize(turns: Sequence[ArrayLike]) -> Summary:
    """Summarize at least one sample. Percentiles interpolate linearly.

    ``mad_ms``: median absolute deviation, unscaled. ``variation``: standard deviation (n - 1) over the mean. ``drift``: see ``drift``.
    ``outliers``: share of the samples further than 3.5 robust standard deviations from the median.
    """
    times = flat(turns)
    median, p90, p99 = (float(v) for v in np.percentile(times, (50, 90, 99)))
    distances = np.abs(times - median)
    mad = float(np.median(distances))
    return Summary(
        median_ms=median,
        p90_ms=p90,
        p99_ms=p99,
        mean_ms=float(times.mean()),
        min_ms=float(times.min()),
        mad_ms=mad,
        variation=float(times.std(ddof=1) / times.mean()) if len(times) > 1 and times.mean() > 0 else None,
        drift=drift(turns),
        outliers=float(np.mean(distances > OUTLIER * NORMAL * mad)),
    )


def drift(turns: Sequence[ArrayLike]) -> float | None:
    """Median of the last fifth of the turns over that of the first fifth, minus 1: 0.1 means 10 % slower at the end.

    None with fewer than two turns.
    """
    if len(turns) < 2:
        return None
    count = max(1, len(turns) // ENDS)
    first, last = (np.median(flat(part)) for part in (turns[:count], turns[-count:]))
    return float(last / first - 1) if first > 0 else None


class Ratio(NamedTuple):
    """``value``: new over old; ``interval``: 95 % interval, None with fewer than two turns."""

    value: float
    interval: tuple[float, float] | None


def ratio(
    new: Sequence[ArrayLike], old: Sequence[ArrayLike], figure: str = "median", paired: bool = False, seed: int = 0
) -> Ratio:
    """Ratio of a figure, with its percentile bootstrap interval over turns of equal length; deterministic for a seed.

    ``paired``: the turns alternated in one process, so the same turns are drawn of both and what slows both cancels.
    """
    rank = FIGURES[figure]
    news, olds = (np.stack([np.asarray(turn, dtype=np.float64) for turn in turns]) for turns in (new, old))
    value = float(np.percentile(news, rank) / np.percentile(olds, rank))
    if min(len(news), len(olds)) < 2:
        return Ratio(value, None)
    if paired:  # an interrupted measurement may have one turn more of the first file
        count = min(len(news), len(olds))
        news, olds = news[:count], olds[:count]
    generator = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(RESAMPLES // CHUNK):
        drawn = generator.integers(0, len(news), (CHUNK, len(news)))
        others = drawn if paired else generator.integers(0, len(olds), (CHUNK, len(olds)))
        above, below = (
            np.percentile(t[d].reshape(CHUNK, -1), rank, axis=1) for t, d in ((news, drawn), (olds, others))
        )
        values.extend(above / below)
    low, high = np.percentile(values, (2.5, 97.5))
    return Ratio(value, (float(low), float(high)))
