"""Statistics of times in ms. ``turns``: one array of times per turn, in the order in which they were taken.

Samples of one turn are close in time and correlated, and so are turns that follow each other: intervals come from a stationary
bootstrap over whole turns, in blocks (``blocks.py``), not over single samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mobileseg.latency.results import blocks

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


def effective_runs(turns: Sequence[ArrayLike]) -> float | None:
    """How many independent runs would tell as much as these; None with fewer than two turns. See ``blocks.effective``."""
    return blocks.effective(_stacked(turns)) if len(turns) >= 2 else None


def estimate(turns: Sequence[ArrayLike], figure: str, seed: int = 0) -> tuple[float, tuple[float, float] | None]:
    """A figure in ms, with its 95 % percentile interval by the stationary bootstrap over turns of equal length; None with fewer than
    two turns. Deterministic for a seed."""
    times, value = _stacked(turns), figure_of(turns, figure)
    if len(times) < 2:
        return value, None
    length = _length(times)
    return value, _interval(lambda generator: _figures(times, _drawn(times, length, generator), figure), seed)


class Ratio(NamedTuple):
    """``value``: new over old; ``interval``: 95 % interval, None with fewer than two turns."""

    value: float
    interval: tuple[float, float] | None


def ratio(
    new: Sequence[ArrayLike], old: Sequence[ArrayLike], figure: str = "median", paired: bool = False, seed: int = 0
) -> Ratio:
    """Ratio of a figure, with its percentile interval by the stationary bootstrap over turns of equal length; deterministic for a seed.

    ``paired``: the turns alternated in one process, so the same turns are drawn of both and what slows both cancels; how long blocks
    are follows from the ratios of the turns.
    """
    news, olds = _stacked(new), _stacked(old)
    rank = FIGURES[figure]
    value = float(np.percentile(news, rank) / np.percentile(olds, rank))
    if min(len(news), len(olds)) < 2:
        return Ratio(value, None)
    if paired:  # an interrupted measurement may have one turn more of the first file
        count = min(len(news), len(olds))
        news, olds = news[:count], olds[:count]

    one, other = _length(news), _length(olds)
    if paired:
        one = blocks.block_length(blocks.ranks(np.median(news, axis=1) / np.median(olds, axis=1)))

    def ratios(generator: np.random.Generator) -> Times:
        drawn = _drawn(news, one, generator)
        others = drawn if paired else _drawn(olds, other, generator)
        return _figures(news, drawn, figure) / _figures(olds, others, figure)

    return Ratio(value, _interval(ratios, seed))


def _stacked(turns: Sequence[ArrayLike]) -> Times:
    return np.stack([np.asarray(turn, dtype=np.float64) for turn in turns])


def _length(times: Times) -> float:
    """The mean length of blocks, in turns: by the ranks, as one outlier must not decide it."""
    return blocks.block_length(blocks.ranks(times).mean(axis=1))


def _drawn(times: Times, length: float, generator: np.random.Generator) -> NDArray[np.int64]:
    """Turns drawn in blocks of ``length`` on average, as many as there are: a row for each of ``CHUNK`` resamples."""
    return blocks.draw(len(times), length, CHUNK, generator)


def _figures(times: Times, drawn: NDArray[np.int64], figure: str) -> Times:
    """The figure of every resample."""
    found: Times = np.percentile(times[drawn].reshape(CHUNK, -1), FIGURES[figure], axis=1)
    return found


def _interval(resampled: Callable[[np.random.Generator], Times], seed: int) -> tuple[float, float]:
    """The 95 % percentile interval of ``RESAMPLES`` values, of which ``resampled`` gives ``CHUNK`` at a time."""
    generator = np.random.default_rng(seed)
    values = np.concatenate([resampled(generator) for _ in range(RESAMPLES // CHUNK)])
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
