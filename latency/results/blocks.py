"""The stationary bootstrap of Politis and Romano (1994) over turns, with the block length of Politis and White (2004, corrected by
Patton, Politis and White 2009), and the effective number of runs.

Turns that follow each other are alike: a clock that is up stays up for a while. Drawn one by one they would look independent, and
intervals would be too narrow; blocks of random length keep what is between neighbours.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

LEAST = 5  # lags that must be small in a row, at least, until correlation counts as over
CRITICAL = 2.0  # Politis and White's c


def covariances(series: Series, lags: int) -> Series:
    """Autocovariances of lag 0 to ``lags``, each over the whole length of the series."""
    centred = series - series.mean()
    return np.array([float(centred[: len(centred) - lag] @ centred[lag:]) for lag in range(lags + 1)]) / len(centred)


def long_run(series: Series) -> tuple[float, float]:
    """``(G, S)``: the sums over all lags of lag times autocovariance, and of the autocovariance, by the flat-top window, whose width
    follows from where the correlation ends. ``S`` is the variance of the mean times the length."""
    count = len(series)
    run = max(LEAST, math.ceil(math.sqrt(math.log10(max(count, 10)))))
    most = min(count - 1, math.ceil(math.sqrt(count)) + run)
    found = covariances(series, most)
    if count < 3 or found[0] <= 1e-12 * max(1.0, float(np.mean(series**2))):
        return 0.0, float(found[0])
    bound = CRITICAL * math.sqrt(math.log10(count) / count)
    large = [lag for lag in range(1, most + 1) if abs(found[lag]) / found[0] > bound]
    over = next(
        (lag for lag in range(most - run + 1) if not any(lag < other <= lag + run for other in large)),
        max(large, default=0),
    )
    width = min(most, 2 * max(over, 1))
    lags = np.arange(1, width + 1)
    window = np.clip(2 * (1 - lags / width), 0.0, 1.0)
    weighted = window * found[1 : width + 1]
    return float(2 * (lags @ weighted)), float(found[0] + 2 * weighted.sum())


def block_length(series: Series) -> float:
    """The mean length of blocks, in turns, for which the bootstrap's variance of the mean has the least error; a third of the series at
    most. The cube root of its length at least, as correlation cannot be ruled out by so few turns as there are."""
    count = len(series)
    most = max(1.0, min(3 * math.sqrt(count), count / 3))
    slope, spread = long_run(series) if count >= 3 else (0.0, 0.0)
    best = (slope**2 / spread**2) ** (1 / 3) if spread > 0 else 0.0
    return float(min(max(1.0, best) * count ** (1 / 3), most))


def draw(count: int, length: float, rows: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """``rows`` resamples of ``count`` turns: blocks that begin anywhere, go on behind the end at the beginning, and last for
    ``length`` turns on average."""
    begins = generator.integers(0, count, (rows, count))
    fresh = generator.random((rows, count)) < 1 / length
    fresh[:, 0] = True
    places = np.arange(count)
    last = np.maximum.accumulate(np.where(fresh, places, 0), axis=1)
    found: NDArray[np.int64] = (np.take_along_axis(begins, last, axis=1) + places - last) % count
    return found


def ranks(times: Series) -> Series:
    """Ranks of all values, equal ones share theirs, in the shape of ``times``: one run that was cut short says no more than its place."""
    _, inverse, counts = np.unique(times, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    found: Series = (ends - (counts - 1) / 2)[inverse].reshape(times.shape)
    return found


def effective(times: Series) -> float:
    """How many independent runs would tell as much about the middle as these: ``times`` ``(turns, runs)``, by their ranks.

    The variance of one run, over that of the mean of all; between 1 and the number of runs. Runs of one turn are alike, and so are
    turns that follow each other: both count.
    """
    ranked = ranks(times)
    spread = float(ranked.var())
    if len(times) < 3 or spread == 0:
        return float(len(times))
    _, of_mean = long_run(ranked.mean(axis=1))
    return float(np.clip(spread * len(times) / of_mean, 1.0, times.size)) if of_mean > 0 else float(times.size)
