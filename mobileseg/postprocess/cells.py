"""The classes of one class map, cell by cell, compiled by numba: imported at the first class map, and kept in numba's cache.

Between four neighbouring logits the interpolation is a convex combination, so within that cell a class stays between its smallest
and its largest corner. Only classes whose largest corner is at least the greatest smallest corner can win there; in real scenes that
is one class in most cells, which then need no interpolation.

Plain loops without fast math: sums are rounded in the order that is written here, on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Index = NDArray[np.intp]
Classes = NDArray[np.int32]
Function = TypeVar("Function", bound=Callable[..., None])
ONE = np.float32(1)


def compiled(function: Function) -> Function:
    """``function``, compiled at its first call. Where numba finds no folder to keep it in, it is compiled in every process."""
    try:
        kept: Function = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        kept = numba.njit(nogil=True)(function)
    return kept


@compiled
def find_candidates(
    upper: Float, lower: Float, largest: Float, lead: Float, candidates: Classes, counts: Classes
) -> None:
    """The classes that can win right of each source column ``x`` between two rows of logits ``(C, w)``:
    ``candidates[x, :counts[x]]``, in order; class 0 where none can, for logits that are not numbers."""
    classes, width = upper.shape
    last = width - 1
    lead[:] = -np.inf
    counts[:] = 0
    for number in range(classes):
        above, below, high = upper[number], lower[number], largest[number]
        for x in range(last):
            high[x] = max(above[x], above[x + 1], below[x], below[x + 1])
            lead[x] = max(lead[x], min(above[x], above[x + 1], below[x], below[x + 1]))
        high[last] = max(above[last], below[last])
        lead[last] = max(lead[last], min(above[last], below[last]))
    candidates[:, 0] = 0
    for number in range(classes):
        high = largest[number]
        for x in range(width):
            if high[x] >= lead[x]:
                candidates[x, counts[x]] = number
                counts[x] += 1


@compiled
def contest(
    upper: Float,
    lower: Float,
    candidates: Classes,
    down: Float,
    across: Float,
    blends: Float,
    best: Float,
    out: Classes,
) -> None:
    """Interpolate ``candidates`` over one cell ``out`` with the weights ``down`` and ``across``, and keep the best. ``upper``,
    ``lower``: the cell's corners, ``(C, 2)``, or ``(C, 1)`` at the end of a row."""
    height, width = out.shape
    right = upper.shape[1] - 1
    for place in range(candidates.size):
        number = candidates[place]
        above, below = blends[0], blends[1]
        for x in range(width):
            above[x] = (ONE - across[x]) * upper[number, 0] + across[x] * upper[number, right]
            below[x] = (ONE - across[x]) * lower[number, 0] + across[x] * lower[number, right]
        for y in range(height):
            so_far, line = best[y], out[y]
            for x in range(width):
                value = (ONE - down[y]) * above[x] + down[y] * below[x]
                better = place == 0 or value > so_far[x]
                so_far[x] = value if better else so_far[x]
                line[x] = number if better else line[x]


@compiled
def fill(
    logits: Float,
    row_firsts: Index,
    row_starts: Index,
    down: Float,
    lefts: Index,
    column_starts: Index,
    across: Float,
    largest: Float,
    lead: Float,
    candidates: Classes,
    counts: Classes,
    blends: Float,
    best: Float,
    out: Classes,
) -> None:
    """Write the classes of ``logits`` ``(C, h, w)`` into ``out`` ``(H, W)``; of equal classes the lowest wins.

    A cell of an axis begins at source position ``row_firsts`` or ``lefts`` and holds the targets from its start to the next one's; the
    starts end with the size of the target. ``down``, ``across``: for every target row and column the weight of the second neighbour.
    What follows is room to work in, made outside because that compiles in half the time: ``largest`` ``(C, w)``, ``lead`` ``(w,)``,
    ``candidates`` ``(w, C)``, ``counts`` ``(w,)``; of the largest cell, ``blends`` ``(2, columns)`` and ``best`` ``(rows, columns)``.
    """
    for row in range(row_firsts.size):
        first, top, bottom = row_firsts[row], row_starts[row], row_starts[row + 1]
        upper, lower = logits[:, first], logits[:, min(first + 1, logits.shape[1] - 1)]
        find_candidates(upper, lower, largest, lead, candidates, counts)
        for cell in range(lefts.size):
            number = candidates[lefts[cell], 0]
            for x in range(column_starts[cell], column_starts[cell + 1]):
                out[top, x] = number
        for y in range(top + 1, bottom):
            for x in range(out.shape[1]):
                out[y, x] = out[top, x]
        for cell in range(lefts.size):
            left, begin, end = lefts[cell], column_starts[cell], column_starts[cell + 1]
            if counts[left] > 1:
                contest(
                    upper[:, left : left + 2],
                    lower[:, left : left + 2],
                    candidates[left, : counts[left]],
                    down[top:bottom],
                    across[begin:end],
                    blends,
                    best,
                    out[top:bottom, begin:end],
                )
