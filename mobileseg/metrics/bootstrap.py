"""Confidence intervals of figures over images: Efron's percentile bootstrap, of whole groups where images belong together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Stack = NDArray[Any]  # (images, ...): counts that add up over images
Draw = Callable[[np.random.Generator, int], NDArray[np.int64]]  # how often each of so many images or groups is drawn
CHUNK = 1 << 20  # numbers of draws at once: 8 MB


def independent(generator: np.random.Generator, count: int) -> NDArray[np.int64]:
    """As many single images as there are, with replacement."""
    return np.bincount(generator.integers(0, count, count), minlength=count)


def interval(
    figure: Callable[..., float],
    *stacks: Stack,
    groups: Sequence[Hashable] | None = None,
    resamples: int = 1000,
    seed: int = 0,
    draw: Draw = independent,
) -> tuple[float, float]:
    """95 % interval of ``figure(*sums)``, from resampling with replacement; deterministic for a seed.

    ``stacks``: counts ``(images, ...)`` whose sum over images ``figure`` takes, as float64. Several stacks of the same images are
    resampled together, which makes the interval of a difference a paired one. ``groups``: which group each image belongs to, such as
    frames of one video; then whole groups are drawn (the cluster bootstrap: Davison and Hinkley, "Bootstrap Methods and their
    Application", 1997, section 3.8). None: every image is one of its own. ``draw``: how; ``mobileseg.metrics.blocks`` for frames of a
    film in their order.
    """
    generator = np.random.default_rng(seed)
    sums = [_by_group(stack, groups) for stack in stacks]
    count = len(sums[0])
    values = []
    for first in range(0, resamples, step := max(CHUNK // count, 1)):
        drawn = [draw(generator, count) for _ in range(first, min(first + step, resamples))]
        weights = np.stack(drawn).astype(np.float64)
        resampled = [(weights @ each.reshape(count, -1)).reshape(-1, *each.shape[1:]) for each in sums]
        values += [figure(*each) for each in zip(*resampled, strict=True)]
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def _by_group(stack: Stack, groups: Sequence[Hashable] | None) -> NDArray[np.float64]:
    """The counts summed over each group, in the order in which the groups appear. float64 holds counts exactly up to 2**53."""
    if groups is None:
        return np.asarray(stack, dtype=np.float64)
    numbers: dict[Hashable, int] = {}
    places = [numbers.setdefault(group, len(numbers)) for group in groups]
    summed = np.zeros((len(numbers), *stack.shape[1:]))
    np.add.at(summed, places, stack)
    return summed
