"""Labels of a picture from what Blender saw at the middle of each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..labels import CLASSES, unpack
from .panels import cover
from .projection import FAR, Floats, Lens


@dataclass(frozen=True)
class Exact:
    """At the middle of each pixel: class, instance, depth in metres, and where the point is a tenth of a second later in the
    coordinates of its own object (walkers and cyclists; zeros elsewhere)."""

    mask: NDArray[np.uint8]
    instances: NDArray[np.uint16]
    depth: Floats
    following: Floats


def exact(index: NDArray[np.int64], depth: Floats, following: Floats, panels: Sequence[Floats], lens: Lens) -> Exact:
    """Unpack the indices and close the fences."""
    mask, instances = unpack(index)
    depth = np.where(index == 0, 10 * FAR, depth)
    covered, nearest = cover(depth, panels, lens)
    return Exact(
        np.where(covered, CLASSES.index("fence"), mask).astype(np.uint8),
        np.where(covered, 0, instances).astype(np.uint16),
        nearest,
        np.where(covered[..., None], 0.0, following),
    )
