"""Large depthwise kernels as sums of small ones.

XNNPACK has depthwise kernels for 9 and for 25 taps; what has more becomes a grouped matrix product, which takes 4 to 9 times as long. A
convolution is linear in its weight, so a large kernel is the sum of parts that hold some of its taps each. A part must be a kernel itself:
its rows and its columns are evenly spaced (its dilation), and lie symmetrically in the whole, since the runtime pads both sides equally.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

Taps = tuple[int, ...]
TILES = (9, 25)  # taps that XNNPACK has a depthwise kernel for; a part of fewer takes the time of the next
LARGEST_SIDE = 13  # of a kernel that is looked at: a larger one needs eight parts and more, and has thousands of covers


@dataclass(frozen=True)
class Lattice:
    """Some ``rows`` and ``columns`` of a kernel, all taps at which they cross."""

    rows: Taps
    columns: Taps

    def taps(self, kernel: Tensor) -> Tensor:
        """Of the part: ``(out, in, rows, columns)`` of a kernel's ``(out, in, height, width)``."""
        return kernel[:, :, list(self.rows)][..., list(self.columns)]

    def dilation(self, whole: Sequence[int]) -> tuple[int, int]:
        """Of the part, where the kernel's is ``whole``."""
        return _step(self.rows) * whole[0], _step(self.columns) * whole[1]

    def padding(self, whole: Sequence[int], dilation: Sequence[int]) -> tuple[int, int]:
        """Of the part, where the kernel's padding and dilation are ``whole`` and ``dilation``; negative where it would have to crop."""
        return whole[0] - self.rows[0] * dilation[0], whole[1] - self.columns[0] * dilation[1]


@functools.cache
def lattices(height: int, width: int) -> tuple[Lattice, ...]:
    """The parts of a ``height`` x ``width`` kernel that together take the least time, every tap in one of them; the kernel itself where
    that is small enough or too large. 7x7: parts of 21, 20 and 8 taps, in the time of 59."""
    if height * width <= TILES[-1] or max(height, width) > LARGEST_SIDE:
        return (Lattice(tuple(range(height)), tuple(range(width))),)
    columns = list(_covers(tuple(range(width))))
    found: list[list[Lattice]] = []
    for cover in _covers(tuple(range(height))):
        parts: list[Lattice] = []
        for rows in cover:
            options = [one for one in columns if all(len(rows) * len(part) <= TILES[-1] for part in one)]
            if not options:
                break
            parts += min(([Lattice(rows, part) for part in one] for one in options), key=_cost)
        else:
            found.append(parts)
    return tuple(min(found, key=_cost))


def _cost(parts: Iterable[Lattice]) -> tuple[int, int]:
    """Taps that are computed, unused ones too; then the number of parts, each of which is one more addition."""
    taps = [len(part.rows) * len(part.columns) for part in parts]
    return sum(next(tile for tile in TILES if count <= tile) for count in taps), len(taps)


def _covers(places: Taps) -> Iterator[list[Taps]]:
    """The ways to divide ``places``, which lie symmetrically, into evenly spaced, symmetric ones."""
    if not places:
        yield []
        return
    first, last = places[0], places[-1]
    for step in range(1, max(last - first, 1) + 1):
        part = tuple(range(first, last + 1, step))
        if part[-1] == last and set(part) <= set(places):
            for rest in _covers(tuple(place for place in places if place not in part)):
                yield [*rest, part]  # the inner ones first


def _step(places: Taps) -> int:
    return places[1] - places[0] if len(places) > 1 else 1
