"""Panels of fences, 2 m long, centred along x; ``solid`` says how high the area is that a person would outline."""

from __future__ import annotations

import numpy as np

from ..shapes.mesh import Shape
from ..shapes.solids import box, boxes, grid_rows, tube
from .palettes import WHITE, pick, vary

LENGTH = 2.0
KINDS = ("pickets", "railing", "boards", "guard rail", "hoarding", "mesh", "wall with railing")


def panel(rng: np.random.Generator, kind: str) -> tuple[Shape, tuple[float, float]]:
    """A panel, and from where to where it counts as a closed area."""
    shape = Shape()
    made = {
        "pickets": _pickets, "railing": _railing, "boards": _boards, "guard rail": _guard_rail, "hoarding": _hoarding, "mesh": _mesh,
        "wall with railing": _wall_with_railing,
    }[kind](shape, rng)  # fmt: skip
    return shape, made


def _pickets(shape: Shape, rng: np.random.Generator) -> tuple[float, float]:
    tall, color = rng.uniform(0.85, 1.25), vary(rng, pick(rng, (WHITE, (0.48, 0.36, 0.25), (0.34, 0.38, 0.35))))
    x = np.arange(-0.9, 1.0, 0.2)
    boxes(shape, grid_rows(x, 0, tall / 2 + 0.05), (0.11, 0.03, tall), "paint", color)
    boxes(shape, grid_rows(np.zeros(2), 0.03, np.array([0.3, 0.75]) * tall), (LENGTH, 0.05, 0.09), "paint", color)
    return 0.05, tall + 0.05


def _railing(shape: Shape, rng: np.random.Generator) -> tuple[float, float]:
    tall, color = (
        rng.uniform(0.95, 1.35),
        vary(rng, pick(rng, ((0.08, 0.08, 0.09), (0.10, 0.22, 0.16), (0.40, 0.41, 0.42), (0.62, 0.62, 0.6)))),
    )
    step = rng.uniform(0.11, 0.18)
    x = np.arange(-1 + step / 2, 1, step)
    boxes(shape, grid_rows(x, 0, tall / 2 + 0.05), (0.03, 0.03, tall), "paint", color)
    boxes(shape, grid_rows(np.zeros(2), 0, np.array([0.13, tall])), (LENGTH, 0.05, 0.05), "paint", color)
    box(shape, (-1, 0, tall / 2 + 0.05), (0.08, 0.08, tall + 0.12), "paint", color)
    return 0.1, tall + 0.05


def _boards(shape: Shape, rng: np.random.Generator) -> tuple[float, float]:
    color, rows = pick(rng, ((0.48, 0.36, 0.25), (0.41, 0.33, 0.27), (0.54, 0.47, 0.38))), int(rng.integers(7, 12))
    for n in range(rows):
        box(shape, (0, 0.012 * (n % 2), 0.12 + 0.16 * n), (LENGTH, 0.03, 0.155), "paint", vary(rng, color, 0.08))
    tall = 0.16 * rows
    box(shape, (-1, 0, tall / 2 + 0.1), (0.12, 0.12, tall + 0.15), "paint", vary(rng, color, 0.2))
    return 0.05, tall


def _guard_rail(shape: Shape, rng: np.random.Generator) -> tuple[float, float]:
    rail = (0.62, 0.63, 0.64, 0.3)
    for z, y, thick in ((0.68, 0, 0.1), (0.60, -0.03, 0.07), (0.52, 0, 0.1)):
        box(shape, (0, y, z), (LENGTH, 0.06, thick), "paint", rail)
    box(shape, (-1, 0.06, 0.34), (0.1, 0.1, 0.7), "paint", (0.48, 0.48, 0.48))
    return 0.46, 0.73


def _hoarding(shape: Shape, rng: np.random.Generator) -> tuple[float, float]:
    color = vary(rng, pick(rng, ((0.80, 0.80, 0.80), (0.30, 0.43, 0.58), (0.70, 0.48, 0.22), (0.55, 0.45, 0.33))))
    box(shape, (0, 0, 1.0), (LENGTH - 0.03, 0.04, 2.0), "paint", color)
    box(shape, (-1, 0, 1.0), (0.06, 0.06, 2.05), "paint", (0.45, 0.45, 0.45))
    return 0.0, 2.0


def _mesh(shape: Shape, rng: np.random.Generator) -> tuple[float, float]:
    tall = rng.uniform(1.4, 2.2)
    color = pick(rng, ((0.16, 0.30, 0.20), (0.52, 0.53, 0.54), (0.12, 0.12, 0.12)))
    boxes(shape, grid_rows(np.arange(-0.95, 1.0, 0.1), 0, tall / 2), (0.012, 0.012, tall), "paint", color)
    boxes(shape, grid_rows(np.zeros(9), 0, np.linspace(0.08, tall, 9)), (LENGTH, 0.014, 0.014), "paint", color)
    tube(shape, [(-1, 0, 0), (-1, 0, tall + 0.1)], 0.035, "paint", color, 8)
    return 0.05, tall


def _wall_with_railing(shape: Shape, rng: np.random.Generator) -> tuple[float, float]:
    low, high = rng.uniform(0.4, 0.7), rng.uniform(1.1, 1.5)
    box(shape, (0, 0, low / 2), (LENGTH, 0.24, low), "brick", vary(rng, (0.52, 0.34, 0.26)))
    box(shape, (0, 0, low + 0.03), (LENGTH, 0.30, 0.07), "paint", (0.62, 0.60, 0.56))
    boxes(
        shape,
        grid_rows(np.arange(-0.93, 1.0, 0.133), 0, (low + high) / 2),
        (0.025, 0.025, high - low),
        "paint",
        (0.07, 0.07, 0.08),
    )
    box(shape, (0, 0, high), (LENGTH, 0.05, 0.04), "paint", (0.07, 0.07, 0.08))
    return 0.0, high
