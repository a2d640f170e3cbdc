"""Confidence intervals of figures over images: Efron's percentile bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Stack = NDArray[Any]  # (images, ...): counts that add up over images
Draw = Callable[[np.random.Generator, int], NDArray[np.int64]]  # how often each of so many images is drawn


def independent(generator: np.random.Generator, count: int) -> NDArray[np.int64]:
    """As many single images as there are, with replacement."""
    return np.bincount(generator.integers(0, count, count), minlength=count)


def interval(
    figure: Callable[..., float], *stacks: Stack, resamples: int = 1000, seed: int = 0, draw: Draw = independent
) -> tuple[float, float]:
    """95 % interval of ``figure(*sums)``, from resampling images with replacement; deterministic for a seed.

    ``stacks``: counts ``(images, ...)`` whose sum over images ``figure`` takes. Several stacks of the same images are resampled
    together, which makes the interval of a difference a paired one. ``draw``: how; ``mobileseg.metrics.blocks`` for frames of a film.
    """
    generator = np.random.default_rng(seed)
    images = len(stacks[0])
    values = []
    for _ in range(resamples):
        drawn = draw(generator, images)
        values.append(figure(*(np.tensordot(drawn, stack, 1) for stack in stacks)))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
