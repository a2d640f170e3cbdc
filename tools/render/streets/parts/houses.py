"""Whole houses: four faces, roof, chimneys. The front is at y = 0 and looks towards -y; x is centred."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..shapes.mesh import Shape
from ..shapes.solids import box, tube
from .facades import Style, columns, door, draw_style, storeys
from .palettes import BRICKS, TILES, pick, vary
from .shops import shop_front

FOOT = 2.5  # how far the walls reach below the ground, for slopes


def house(rng: np.random.Generator, width: float, depth: float, floors: int, town: str) -> Shape:
    """A house of a style drawn for the kind of town."""
    style, shape = draw_style(rng, town), Shape()
    if style.shop:
        shop_front(shape, width, style, rng)
    height = storeys(shape, width, 1 if style.shop else 0, floors, style, rng) if floors > style.shop else style.ground
    if not style.shop:
        door(shape, float(pick(rng, columns(width, style))), style, rng)
    plain = replace(style, balcony=False, pitch=style.pitch * rng.uniform(1.2, 1.8))
    for turn, at in ((math.pi / 2, (width / 2, depth / 2, 0)), (-math.pi / 2, (-width / 2, depth / 2, 0))):
        side = Shape()
        storeys(side, depth, 0, floors, plain, rng)
        shape.join(side, at, turn)
    box(shape, (0, depth / 2 + 0.1, height / 2), (width - 0.36, depth - 0.4, height - 0.02), style.wall, style.color)
    box(shape, (0, depth - 0.1, height / 2), (width, 0.2, height), style.wall, style.color)
    box(shape, (0, depth / 2, -FOOT / 2), (width - 0.01, depth - 0.01, FOOT), style.wall, style.color)
    if rng.random() < 0.6:
        dark = tuple(np.array(style.trim) * 0.7)
        box(shape, (0, -0.015, 0.2), (width + 0.02, 0.06, 0.4), "paint", dark)
    if style.roof == "flat":
        _flat_roof(shape, width, depth, height, style, rng)
    else:
        _pitched_roof(shape, width, depth, height, style, rng)
    return shape


def _flat_roof(shape: Shape, width: float, depth: float, z: float, style: Style, rng: np.random.Generator) -> None:
    box(shape, (0, depth / 2, z + 0.02), (width - 0.3, depth - 0.3, 0.1), "paint", (0.40, 0.40, 0.40))
    rim = rng.uniform(0.3, 0.9)
    for center, size in (
        ((0, 0.12), (width, 0.24)), ((0, depth - 0.12), (width, 0.24)),
        ((width / 2 - 0.12, depth / 2), (0.24, depth - 0.48)), ((0.12 - width / 2, depth / 2), (0.24, depth - 0.48)),
    ):  # fmt: skip
        box(shape, (*center, z + rim / 2), (*size, rim), style.wall, style.color)
    if rng.random() < 0.5:
        box(
            shape,
            (rng.uniform(-0.2, 0.2) * width, depth * 0.5, z + 1.0),
            (width * 0.25, depth * 0.3, 2.0),
            "paint",
            (0.58, 0.58, 0.56),
        )


def _pitched_roof(shape: Shape, width: float, depth: float, z: float, style: Style, rng: np.random.Generator) -> None:
    tile, gable, over = vary(rng, pick(rng, TILES)), style.roof == "gable", 0.35
    rise = min(depth * rng.uniform(0.28, 0.48), 4.6)
    half = width / 2 + (0.1 if gable else over)
    ridge = half - (0.0 if gable else 0.42 * min(width, depth))
    points = np.array([
        [-half, -over, z], [half, -over, z], [half, depth + over, z], [-half, depth + over, z],
        [-ridge, depth / 2, z + rise], [ridge, depth / 2, z + rise],
    ])  # fmt: skip
    shape.add(points, [[0, 1, 5, 4], [2, 3, 4, 5], [3, 2, 1, 0]], "brick", tile)
    shape.add(points, [[1, 2, 5], [3, 0, 4]], "brick", style.color if gable else tile)
    box(shape, (0, -over, z + 0.02), (2 * half, 0.12, 0.15), "paint", (0.84, 0.83, 0.80))
    for side in (-1, 1):
        if rng.random() < 0.55:
            x = side * width * rng.uniform(0.25, 0.42)
            box(shape, (x, depth * 0.5, z + rise * 0.8 + 0.5), (0.9, 0.7, rise * 0.5 + 1.1), "brick", pick(rng, BRICKS))
            for dx in (-0.2, 0.2):
                tube(
                    shape,
                    [(x + dx, depth / 2, z + rise), (x + dx, depth / 2, z + rise * 1.05 + 1.7)],
                    0.12,
                    "paint",
                    (0.55, 0.34, 0.25),
                    7,
                )
    if gable and width > 5 and rng.random() < 0.35:
        for x in (-width / 4, width / 4):
            foot = z + rise * 0.30
            box(shape, (x, depth * 0.17 + 0.5, foot + 0.45), (1.3, 1.7, 1.3), "paint", style.trim)
            box(shape, (x, depth * 0.17 - 0.36, foot + 0.5), (0.95, 0.06, 0.85), "glass", (0.08, 0.09, 0.10, 0.8))
