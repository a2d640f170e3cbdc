"""Resampling of a series in blocks: neighbours in time resemble each other, and single draws would make the interval too narrow.

Sources: Politis and Romano, "A circular block-resampling procedure for stationary data", 1992; the length of a block grows with the
cube root of that of the series: Hall, Horowitz and Jing, "On blocking rules for the bootstrap with dependent data", Biometrika 1995.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Blocks:
    """Draws blocks of ``size`` neighbours; a ``mobileseg.metrics.bootstrap.Draw``. ``lengths``: of the series that lie one after the other;
    a block stays in one series, goes round at its end, and is at most as long as it."""

    lengths: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, lengths: tuple[int, ...]) -> Blocks:
        """Blocks of the cube root of the total length, rounded up."""
        return cls(lengths, next(size for size in itertools.count(1) if size**3 >= sum(lengths)))

    def __call__(self, generator: np.random.Generator, count: int) -> NDArray[np.int64]:
        """How often each of ``count`` members of the series was drawn. Raises ``ValueError`` unless ``lengths`` add up to ``count``."""
        if sum(self.lengths) != count:
            raise ValueError(f"series of {self.lengths} for {count} members")
        lengths = np.repeat(self.lengths, self.lengths)
        firsts = np.repeat(np.cumsum(self.lengths) - self.lengths, self.lengths)
        starts = generator.integers(0, count, -(-count // self.size))
        steps = np.arange(self.size)
        first, length = firsts[starts, None], lengths[starts, None]
        members = first + (starts[:, None] - first + steps) % length
        return np.bincount(members[steps < length], minlength=count)
