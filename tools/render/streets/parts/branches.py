"""Trees in winter: branches that part into twigs."""

from __future__ import annotations

import math

import numpy as np

from ..shapes.mesh import Floats, Shape
from ..shapes.solids import tube
from .leaves import directions

_LEVELS = 5


def bare(rng: np.random.Generator) -> Shape:
    """A tree without leaves."""
    shape, height = Shape(), rng.uniform(6.5, 11.0)
    tone = rng.uniform(0.75, 1.2)
    bark = (0.27 * tone, 0.235 * tone, 0.205 * tone)
    stem = height * rng.uniform(0.2, 0.3)
    thick = 0.018 * height
    tube(shape, [(0, 0, -0.3), (0, 0, stem * 0.5), (0, 0, stem)], [thick * 1.2, thick, thick * 0.85], "paint", bark, 8)
    starts, ways = np.array([[0, 0, stem]] * 4), _fork(np.array([[0.0, 0, 1]]), 4, 0.5, rng)
    length, radius = height * 0.27, thick * 0.62
    for level in range(_LEVELS):
        ends = starts + ways * length * rng.uniform(0.75, 1.15, (len(ways), 1))
        sides = max(3, 6 - level)
        for start, end in zip(starts, ends, strict=True):
            middle = (start + end) / 2 + rng.normal(size=3) * 0.05 * length
            tube(shape, [start, middle, end], [radius, radius * 0.85, radius * 0.65], "paint", bark, sides, caps=False)
        children = 3 if level < 3 else 4
        starts, ways = np.repeat(ends, children, 0), _fork(ways, children, 0.62, rng)
        length, radius = length * 0.68, max(radius * 0.52, 0.010)
        if len(ways) > 700:
            keep = rng.permutation(len(ways))[:700]
            starts, ways = starts[keep], ways[keep]
    return shape


def _fork(ways: Floats, children: int, spread: float, rng: np.random.Generator) -> Floats:
    """Directions of the branches that leave each end, drawn upwards a little."""
    parents = np.repeat(ways, children, 0)
    turned = parents + spread * directions(rng, len(parents)) * math.sqrt(1.5) + (0, 0, 0.12)
    unit: Floats = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    return unit
