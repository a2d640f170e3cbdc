"""Trees of several kinds, bushes and hedges; they stand on z = 0."""

from __future__ import annotations

import math

import numpy as np

from ..shapes.mesh import Floats, Shape, linear
from ..shapes.solids import box, tube
from .branches import bare
from .leaves import directions, leaves, lumps
from .palettes import GREENS

KINDS = ("round", "tall", "wide", "column", "conifer", "young", "bare")
SHARES = (0.26, 0.18, 0.16, 0.08, 0.10, 0.10, 0.12)
# height, height of the clear stem, half the crown's width and the lumps, each as a range and a share of the height
_CROWNS = {
    "round": ((6.0, 10.0), (0.20, 0.32), (0.24, 0.33), (16, 26)),
    "tall": ((9.0, 15.0), (0.18, 0.30), (0.17, 0.24), (22, 34)),
    "wide": ((6.5, 9.5), (0.22, 0.30), (0.34, 0.46), (22, 32)),
    "column": ((8.0, 14.0), (0.06, 0.12), (0.08, 0.12), (18, 26)),
    "young": ((3.2, 5.0), (0.35, 0.45), (0.18, 0.28), (8, 14)),
}


def draw_kind(rng: np.random.Generator) -> str:
    """A kind of tree."""
    return str(rng.choice(KINDS, p=SHARES))


def tree(rng: np.random.Generator, kind: str) -> Shape:
    """One tree of a kind."""
    if kind == "bare":
        return bare(rng)
    if kind == "conifer":
        return _conifer(rng)
    heights, clears, spreads, counts = _CROWNS[kind]
    shape, height = Shape(), rng.uniform(*heights)
    clear, spread, count = height * rng.uniform(*clears), height * rng.uniform(*spreads), int(rng.integers(*counts))
    green, bark, thick = _green(rng), _bark(rng), 0.019 * height * rng.uniform(0.8, 1.3)
    lean = rng.normal(size=2) * 0.02 * height
    trunk = np.linspace([0, 0, -0.3], [*lean, height * 0.75], 7)
    trunk[1:-1, :2] += rng.normal(size=(5, 2)) * 0.006 * height
    tube(shape, trunk, np.linspace(thick, thick * 0.35, 7), "paint", bark, 9)
    radii = spread * rng.uniform(0.30, 0.52, count)
    tall = (height - clear) / 2
    reach = np.array([spread, spread, tall]) - radii[:, None] * 0.8
    centers = np.array([*lean, clear + tall]) + directions(rng, count) * reach * rng.uniform(0.55, 1.0, (count, 1))
    for center in centers[:10]:
        start = trunk[int(rng.integers(2, 6))]
        middle = (start + center) / 2 - (0, 0, 0.08 * spread)
        tube(shape, [start, middle, center], np.array([0.42, 0.25, 0.1]) * thick, "paint", bark, 5)
    lumps(shape, centers, radii, green, rng)
    size = 0.10 + 0.008 * height
    leaves(shape, centers, radii, int(min(5500, 700 + 230 * count * spread / size * 0.12)), size, green, rng)
    return shape


def bush(rng: np.random.Generator, length: float, depth: float, height: float, clipped: bool = False) -> Shape:
    """A bush along x; ``clipped``: a hedge with flat sides."""
    shape, green = Shape(), _green(rng)
    count = max(2, int(length / (0.5 * height)))
    radii = np.minimum(height * 0.5, depth * 0.65) * rng.uniform(0.85, 1.15, count)
    x = np.linspace(-0.5, 0.5, count) * max(length - radii.mean(), 0.3)
    centers = np.stack([x, rng.normal(size=count) * 0.05 * depth, height - radii], 1)
    if clipped:
        dark = np.append(green[:3] ** (1 / 2.2) * 0.6, 0)
        box(shape, (0, 0, height * 0.46), (length, depth * 0.9, height * 0.92), "leaf", tuple(dark))
        count = int(240 * length * height)
        sides = rng.uniform(-0.5, 0.5, (count, 3)) * (length, 0, height)
        sides[:, 1] = 0.46 * depth * rng.choice([-1, 1], count)
        sides[:, 2] += height * 0.5
        top = rng.uniform(-0.5, 0.5, (count // 3, 3)) * (length, depth, 0) + (0, 0, height * 0.94)
        spots = np.concatenate([sides, top])
        leaves(shape, spots, np.full(len(spots), 0.05), len(spots), 0.07, green, rng)
        return shape
    low = centers * (1, 1, 0.45)
    centers, radii = np.concatenate([centers, low]), np.concatenate([radii, radii * 1.05])
    lumps(shape, centers, radii, green, rng)
    leaves(shape, centers, radii, int(650 * length * height), 0.075, green, rng)
    return shape


def _conifer(rng: np.random.Generator) -> Shape:
    shape, height = Shape(), rng.uniform(5.0, 12.0)
    green, slim = linear((0.17, 0.28, 0.16)) * rng.uniform(0.8, 1.3), rng.uniform(0.14, 0.24)
    tube(shape, [(0, 0, -0.3), (0, 0, height)], [0.018 * height, 0.02], "paint", _bark(rng), 7)
    z = np.linspace(0.12 * height, 0.97 * height, 18)
    radii = height * slim * (1 - z / height) + 0.12
    angle = rng.uniform(0, 2 * math.pi, 18)
    centers = np.stack([0.35 * radii * np.cos(angle), 0.35 * radii * np.sin(angle), z], 1)
    lumps(shape, centers, 0.85 * radii, green, rng)
    leaves(shape, centers, radii, 3000, 0.16, green, rng)
    return shape


def _green(rng: np.random.Generator) -> Floats:
    shares = np.array([4, 4, 4, 3, 3, 1.2, 0.8, 0.5])
    return linear(GREENS[int(rng.choice(len(GREENS), p=shares / shares.sum()))]) * rng.uniform(0.75, 1.2)


def _bark(rng: np.random.Generator) -> tuple[float, float, float]:
    red, green, blue = np.array([0.29, 0.25, 0.21]) * rng.uniform(0.7, 1.3)
    return float(red), float(green), float(blue)
