"""Buses and lorries."""

from __future__ import annotations

import numpy as np

from ..shapes.mesh import Shape
from ..shapes.solids import ball, box, boxes, disc, grid_rows
from .cars import PANE
from .palettes import BLACK, WHITE


def bus(rng: np.random.Generator) -> Shape:
    """A city bus, sometimes with an upper deck."""
    shape, double = Shape(), rng.random() < 0.25
    length, width, height = rng.uniform(9.5, 11.5), 2.5, 4.2 if double else 3.05
    half = length / 2
    _wheels(shape, (half - 2.4, -half + 2.6), width / 2, 0.48)
    box(shape, (0, 0, 0.32 + (height - 0.32) / 2), (length - 0.1, width, height - 0.32), "carpaint", (1, 1, 1))
    for side in (-1, 1):
        box(shape, (0, side * width * 0.42, height), (length - 0.3, 0.3, 0.08), "carpaint", (0.92, 0.92, 0.92))
    panes = int(length / rng.uniform(1.3, 1.9))
    x = (np.arange(panes) + 0.5) * length / panes - half
    for z in (1.75, 3.35) if double else (1.95,):
        boxes(shape, grid_rows(x, 0, z), (length / panes - 0.1, width + 0.03, 0.95), "glass", PANE)
    box(shape, (half - 0.04, 0, 1.75), (0.06, width * 0.9, 1.35), "glass", PANE)
    box(shape, (-half + 0.04, 0, 2.1), (0.06, width * 0.75, 0.8), "glass", PANE)
    if double:
        box(shape, (half - 0.04, 0, 3.4), (0.06, width * 0.88, 0.9), "glass", PANE)
    box(shape, (half, 0, 2.68), (0.05, width * 0.6, 0.28), "glow", (0.65, 0.38, 0.06))
    stripe = tuple(rng.uniform(0.1, 0.8, 3))
    box(shape, (0, 0, 1.15), (length - 0.06, width + 0.02, 0.22), "paint", stripe)
    box(shape, (0, 0, 0.46), (length - 0.05, width + 0.01, 0.3), "paint", (0.2, 0.2, 0.22))
    _lamps(shape, half - 0.02, width / 2, 0.78)
    return shape


def lorry(rng: np.random.Generator) -> Shape:
    """A lorry with a box, its cab in the object's colour."""
    shape = Shape()
    length, width, height = rng.uniform(6.2, 8.5), 2.35, rng.uniform(3.0, 3.6)
    half = length / 2
    _wheels(shape, (half - 1.15, -half + 1.2, -half + 2.3), width / 2, 0.46)
    cover = (0.84, 0.84, 0.82) if rng.random() < 0.6 else tuple(rng.uniform(0.2, 0.7, 3))
    box(shape, (-1.05, 0, 0.95 + (height - 0.95) / 2), (length - 2.1, width, height - 0.95), "paint", cover)
    box(shape, (-1.05, 0, height * 0.62), (length * 0.4, width + 0.02, 0.55), "tint", (1, 1, 1))
    box(shape, (-0.1, 0, 0.72), (length * 0.94, width * 0.7, 0.3), "paint", BLACK)
    box(shape, (half - 0.95, 0, 1.05), (1.8, width * 0.97, 1.2), "carpaint", (1, 1, 1))
    box(shape, (half - 1.05, 0, 2.05), (1.6, width * 0.93, 1.0), "carpaint", (1, 1, 1))
    box(shape, (half - 0.24, 0, 1.98), (0.04, width * 0.82, 0.72), "glass", PANE)
    box(shape, (half - 0.85, 0, 1.98), (0.85, width * 0.95, 0.66), "glass", PANE)
    box(shape, (half - 0.03, 0, 1.15), (0.06, width * 0.6, 0.35), "paint", (0.08, 0.08, 0.08))
    _lamps(shape, half - 0.05, width / 2, 0.72)
    return shape


def _wheels(shape: Shape, places: tuple[float, ...], side_at: float, radius: float) -> None:
    for x in places:
        for side in (-1, 1):
            disc(
                shape,
                (x, side * (side_at - 0.06), radius * 1.05),
                radius * 1.18,
                "y",
                0.14,
                "paint",
                (0.02, 0.02, 0.02),
                22,
            )
            disc(shape, (x, side * (side_at - 0.10), radius), radius, "y", 0.26, "paint", (0.07, 0.07, 0.07), 22)
            disc(
                shape,
                (x, side * (side_at + 0.025), radius),
                0.55 * radius,
                "y",
                0.05,
                "paint",
                (0.55, 0.55, 0.56, 0.3),
                14,
            )


def _lamps(shape: Shape, half: float, side_at: float, z: float) -> None:
    for side in (-1, 1):
        ball(shape, (half, side * side_at * 0.78, z), (0.06, 0.17, 0.10), "paint", (0.9, 0.9, 0.9, 0.8), 1)
        box(
            shape, (-half - 0.01, side * side_at * 0.86, z + 0.15), (0.05, 0.16, 0.32), "paint", (0.58, 0.05, 0.04, 0.6)
        )
        box(shape, (half - 0.05, side * (side_at + 0.16), 2.0), (0.12, 0.16, 0.36), "paint", BLACK)
    box(shape, (half + 0.03, 0, z - 0.2), (0.03, 0.5, 0.11), "paint", WHITE)
    box(shape, (-half - 0.02, 0, z), (0.04, 0.5, 0.11), "paint", (0.88, 0.78, 0.3))
