"""A guess that ignores the image: at each position the class that is most frequent there in other images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GRID = (96, 128)  # positions, over images of any size


class PositionVotes:
    """How often each class was seen at each position of ``grid``; votes of an image may be taken back with ``times=-1``."""

    def __init__(self, num_classes: int, grid: tuple[int, int] = GRID) -> None:
        self.num_classes, self.grid = num_classes, grid
        self._votes = np.zeros((num_classes, grid[0] * grid[1]), dtype=np.int64)

    def add(self, classes: NDArray[np.integer], times: int = 1) -> None:
        """Add the class map ``(H, W)`` of one image; numbers that are no classes, such as ignored pixels, have no vote."""
        sampled = self.sampled(classes).ravel()
        places = np.flatnonzero((sampled >= 0) & (sampled < self.num_classes))
        self._votes[sampled[places], places] += times

    def sampled(self, classes: NDArray[np.integer]) -> NDArray[np.int64]:
        """The class map at the positions that vote; of such a one itself."""
        return at_size(classes, self.grid)

    def guess(self, size: tuple[int, int]) -> NDArray[np.int64]:
        """The most frequent class at each position, the lowest of equally frequent ones, ``size`` (height, width)."""
        return at_size(self._votes.argmax(0).reshape(self.grid), size)

    @property
    def share(self) -> float:
        """Share, 0..1, of all votes that the guess has: how far a guess by position alone agrees with these images. NaN without
        votes."""
        total = int(self._votes.sum())
        return float(self._votes.max(0).sum() / total) if total else float("nan")


def at_size(classes: NDArray[np.integer], size: tuple[int, int]) -> NDArray[np.int64]:
    """A class map resized to ``size`` (height, width), nearest neighbour."""
    rows, columns = ((2 * np.arange(n) + 1) * old // (2 * n) for n, old in zip(size, classes.shape, strict=True))
    resized: NDArray[np.int64] = classes[rows[:, None], columns].astype(np.int64, copy=False)
    return resized
