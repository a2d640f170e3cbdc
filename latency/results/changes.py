"""Where a series of measurements changes its level: the division into segments with the least squares, at a price for each.

Exact, by optimal partitioning (Jackson et al. 2005, IEEE Signal Processing Letters 12(2)), on the logarithm of the figures, so that a level
is a factor. The price of a segment is ``PRICE * variance * log(n)``, of the kind that is consistent for normal noise (Yao 1988, Statistics
& Probability Letters 6(3)). The noise is that between neighbours, by their median absolute difference, which a few changes do not move, and
at least half of what the protocol takes for no change. A single point far from both of its neighbours is an outlier, and has their median
for the division: it would pull one of them to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

PRICE = 3.0
NORMAL = 1.4826  # standard deviation over the median absolute deviation, for a normal distribution
SPIKE = 3.0  # standard deviations of the noise from the median of a point and its neighbours
LEAST = 2  # points of a segment, but of the last: what was measured once may be an outlier


class Change(NamedTuple):
    """``at``: index of the first point of the new level; ``ratio``: new level over old; ``points``: how many have the new level."""

    at: int
    ratio: float
    points: int


def changes(figures: Sequence[float], within: float) -> list[Change]:
    """The changes of positive figures in the order of time, that are larger than the share ``within``. A change at the last point alone is
    found only where it is three times as large: it may be an outlier."""
    if len(figures) < 2:
        return []
    logs = np.log(np.asarray(figures, dtype=np.float64))
    variance = _noise(logs, within)
    starts = _segments(_without_spikes(logs, variance), variance)
    levels = [float(np.median(logs[a:b])) for a, b in zip(starts, [*starts[1:], len(logs)], strict=True)]
    found = []
    for number in range(1, len(starts)):
        end = starts[number + 1] if number + 1 < len(starts) else len(logs)
        step, points = levels[number] - levels[number - 1], end - starts[number]
        least = math.log1p(within) * (3 if points == 1 else 1)
        if abs(step) > least:
            found.append(Change(starts[number], math.exp(step), points))
    return found


def exact_changes(figures: Sequence[float]) -> list[Change]:
    """The changes of what repeats exactly: every difference is one."""
    starts = [i for i in range(1, len(figures)) if figures[i] != figures[i - 1]]
    ends = [*starts[1:], len(figures)]
    return [Change(a, figures[a] / figures[a - 1], b - a) for a, b in zip(starts, ends, strict=True)]


def changes_of_each(
    kinds: Sequence[str], figures: Sequence[float], find: Callable[[str, list[float]], list[Change]]
) -> list[tuple[int, Change]]:
    """The changes among the points of one kind, such as of one definition of a protocol: what differs between kinds is no change.

    ``find`` gives those of a kind and its figures. ``at`` of what is returned counts all points; beside it the index of the point before
    of the same kind.
    """
    found = []
    for kind in dict.fromkeys(kinds):
        places = [index for index, one in enumerate(kinds) if one == kind]
        changed = find(kind, [figures[index] for index in places])
        found += [(places[change.at - 1], change._replace(at=places[change.at])) for change in changed]
    return sorted(found, key=lambda pair: pair[1].at)


def switches(kinds: Sequence[str]) -> tuple[int, ...]:
    """The points whose kind is another than that of the point before."""
    return tuple(index for index in range(1, len(kinds)) if kinds[index] != kinds[index - 1])


def _noise(logs: np.ndarray[tuple[int, ...], np.dtype[np.float64]], within: float) -> float:
    """Variance of a point around its level."""
    between = NORMAL * float(np.median(np.abs(np.diff(logs)))) / math.sqrt(2)
    return float(max(between, within / 2, 1e-6) ** 2)


def _without_spikes(
    logs: np.ndarray[tuple[int, ...], np.dtype[np.float64]], variance: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """With the median of three in place of what lies far from it. Steps stay where they are."""
    if len(logs) < 3:
        return logs
    inner = np.median(np.stack([logs[:-2], logs[1:-1], logs[2:]]), axis=0)
    middles = np.concatenate([logs[:1], inner, logs[-1:]])
    return np.where(np.abs(logs - middles) > SPIKE * math.sqrt(variance), middles, logs)


def _segments(logs: np.ndarray[tuple[int, ...], np.dtype[np.float64]], variance: float) -> list[int]:
    """The first points of the segments."""
    count, price = len(logs), PRICE * variance * math.log(len(logs))
    sums, squares = (np.concatenate([[0.0], np.cumsum(values)]) for values in (logs, logs**2))
    best, before = [0.0] * (count + 1), [0] * (count + 1)
    for end in range(1, count + 1):
        best[end] = math.inf
        for start in range(end):
            if end - start < LEAST and end != count and not (start == 0 and end == 1):
                continue
            if math.isinf(best[start]):
                continue
            rest = squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)
            cost = best[start] + max(0.0, float(rest)) + price
            if cost < best[end]:
                best[end], before[end] = cost, start
    starts, end = [], count
    while end > 0:
        end = before[end]
        starts.append(end)
    return starts[::-1]
