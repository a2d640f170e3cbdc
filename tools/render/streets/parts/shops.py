"""Shop fronts: glass with goods behind it, a fascia with a name, awnings and hanging signs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..shapes.mesh import Shape
from ..shapes.solids import box, boxes, grid_rows
from .facades import Style, wall
from .lettering import made_up_name, width_of, write
from .palettes import FASCIAS, Rgb, pick, vary


def shop_front(shape: Shape, width: float, style: Style, rng: np.random.Generator) -> None:
    """The ground floor of a house with a shop."""
    tall, board = style.ground, vary(rng, pick(rng, FASCIAS))
    count = max(1, int(width / rng.uniform(2.4, 3.6)))
    x = (np.arange(count) + 0.5) * width / count - width / 2
    hole, low, high = width / count - rng.uniform(0.25, 0.6), 0.45, tall - 0.85
    wall(shape, width, (0, tall), x, (hole, low, high), style)
    middle, height = (low + high) / 2, high - low
    boxes(shape, grid_rows(x, 0.17, middle), (hole, 0.02, height), "glass", (0.16, 0.17, 0.18, 0.9))
    _goods(shape, x, hole, rng)
    frame = board if rng.random() < 0.6 else style.frame
    for dx in (-hole / 2, hole / 2):
        boxes(shape, grid_rows(x + dx, 0.1, middle), (0.1, 0.14, height), "paint", frame)
    boxes(shape, grid_rows(x, 0.1, high - 0.04), (hole, 0.14, 0.08), "paint", frame)
    boxes(shape, grid_rows(x, 0.02, 0.22), (hole, 0.1, 0.44), "paint", frame)
    way = int(rng.integers(count))
    box(shape, (x[way], 0.13, 1.1), (0.95, 0.08, 2.15), "paint", (*frame, 0.3))
    box(shape, (x[way], 0.08, 1.25), (0.7, 0.04, 1.55), "glass", (0.12, 0.13, 0.14, 0.9))
    _fascia(shape, width, tall, board, rng)
    if rng.random() < 0.35:
        _awning(shape, width, tall, rng)
    if rng.random() < 0.35:
        side = float(rng.choice([-0.4, 0.4])) * width
        box(shape, (side, -0.35, tall + 0.5), (0.08, 0.6, 0.6), "paint", vary(rng, pick(rng, FASCIAS)))


def _goods(shape: Shape, x: np.ndarray, hole: float, rng: np.random.Generator) -> None:
    count = 5 * len(x)
    places = np.repeat(x, 5) + rng.uniform(-0.45, 0.45, count) * hole
    sizes = np.stack([rng.uniform(0.15, 0.6, count), np.full(count, 0.02), rng.uniform(0.2, 0.9, count)], 1)
    colors = np.hstack([rng.uniform(0.02, 0.5, (count, 3)), np.zeros((count, 1))])
    boxes(shape, grid_rows(places, 0.155, 0.5 + sizes[:, 2] / 2 + rng.uniform(0, 0.7, count)), sizes, "paint", colors)


def _fascia(shape: Shape, width: float, tall: float, board: Rgb, rng: np.random.Generator) -> None:
    box(shape, (0, -0.07, tall - 0.48), (width - 0.15, 0.16, 0.62), "paint", board)
    name = made_up_name(rng)
    height = min(rng.uniform(0.3, 0.44), (width - 0.6) / width_of(name, 1.0))
    ink = (0.94, 0.91, 0.80) if sum(board) < 1.5 else (0.12, 0.13, 0.18)
    write(shape, name, 0, -0.16, tall - 0.48, height, "glow" if rng.random() < 0.1 else "paint", ink)


def _awning(shape: Shape, width: float, tall: float, rng: np.random.Generator) -> None:
    cloth, light = vary(rng, pick(rng, FASCIAS)), (0.88, 0.87, 0.82)
    plain, stripes = rng.random() < 0.5, max(2, int(width / 0.5))
    edges = np.linspace(-width / 2 + 0.1, width / 2 - 0.1, stripes + 1)
    for n, (left, right) in enumerate(pairwise(edges)):
        slope = [[left, 0, tall - 0.8], [right, 0, tall - 0.8], [right, -1.1, tall - 1.2], [left, -1.1, tall - 1.2]]
        edge = [
            [left, -1.1, tall - 1.2],
            [right, -1.1, tall - 1.2],
            [right, -1.1, tall - 1.38],
            [left, -1.1, tall - 1.38],
        ]
        shape.add([*slope, *edge], [[0, 1, 2, 3], [4, 5, 6, 7]], "paint", cloth if plain or n % 2 else light)
