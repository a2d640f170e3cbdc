"""Lamp posts, bollards and masts. Makers give a shape for each class that they have."""

from __future__ import annotations

import math

import numpy as np

from ..labels import UNLABELLED
from ..shapes.mesh import Shape
from ..shapes.solids import ball, box, tube
from .palettes import METALS, WHITE, pick

Parts = dict[str, Shape]


def lamp(rng: np.random.Generator) -> Parts:
    """A street lamp: a lantern on a short post, or an arm over the road, which is on the side of +y."""
    shape, color = Shape(), (*pick(rng, METALS), 0.3)
    kind = rng.choice(["arm", "lantern", "top", "double"], p=[0.5, 0.2, 0.2, 0.1])
    if kind == "lantern":
        tall = rng.uniform(3.4, 4.6)
        tube(shape, [(0, 0, 0), (0, 0, 0.8), (0, 0, 0.86), (0, 0, tall)], [0.13, 0.11, 0.065, 0.05], "paint", color, 10)
        tube(shape, [(0, 0, tall), (0, 0, tall + 0.5)], [0.12, 0.21], "paint", (0.88, 0.86, 0.78), 6)
        tube(shape, [(0, 0, tall + 0.5), (0, 0, tall + 0.72)], [0.25, 0.04], "paint", color, 6)
        return {"pole": shape}
    tall, thick = rng.uniform(5.0, 9.0), rng.uniform(0.055, 0.08)
    foot = [(0, 0, 0), (0, 0, 1.1), (0, 0, 1.16)]
    if kind == "top":
        tube(shape, [*foot, (0, 0, tall * 0.6)], [0.12, 0.11, thick, thick], "paint", color, 10)
        ball(shape, (0, 0, tall * 0.6 + 0.12), (0.24, 0.24, 0.16), "paint", (0.85, 0.85, 0.80, 0.4))
        return {"pole": shape}
    for side in (1, -1) if kind == "double" else (1,):
        reach = rng.uniform(0.7, 2.0)
        bend = [(0, side * reach * t**1.6, tall + 0.5 * math.sin(1.5 * t)) for t in np.linspace(0, 1, 6)]
        tube(shape, [*foot, *bend], [0.13, 0.12, thick, *[thick * 0.85] * 6], "paint", color, 10)
        box(shape, (0, side * (reach + 0.25), tall + 0.47), (0.26, 0.7, 0.12), "paint", (0.42, 0.42, 0.44))
        box(shape, (0, side * (reach + 0.25), tall + 0.40), (0.20, 0.5, 0.04), "paint", (0.88, 0.88, 0.83))
    return {"pole": shape}


def bollard(rng: np.random.Generator) -> Parts:
    """A post as high as a table."""
    shape, thick, tall = Shape(), rng.uniform(0.055, 0.10), rng.uniform(0.8, 1.1)
    color = pick(rng, ((0.10, 0.10, 0.10), (0.40, 0.40, 0.41), (0.46, 0.30, 0.17), (0.62, 0.60, 0.56)))
    tube(shape, [(0, 0, 0), (0, 0, tall), (0, 0, tall + 0.08)], [thick, thick * 0.9, thick * 0.5], "paint", color, 12)
    if rng.random() < 0.6:
        tube(shape, [(0, 0, tall * 0.8), (0, 0, tall * 0.9)], thick * 0.97, "paint", WHITE, 12)
    return {"pole": shape}


def mast(rng: np.random.Generator) -> Parts:
    """A wooden mast with arms for cables."""
    shape, tall, wood = Shape(), rng.uniform(7.0, 9.0), (0.33, 0.27, 0.21)
    tube(shape, [(0, 0, 0), (0, 0, tall)], [0.15, 0.11], "paint", wood, 10)
    for z in (tall - 0.3, tall - 0.9):
        box(shape, (0, 0, z), (0.1, 1.8, 0.1), "paint", wood)
        for y in (-0.8, 0.8):
            tube(shape, [(0, y, z), (0, y, z + 0.18)], 0.04, "paint", (0.5, 0.45, 0.4), 6)
    return {"pole": shape}


def cable(length: float, sag: float) -> Shape:
    """A line along x between two masts, hanging in the middle; the ends are at z = 0."""
    t = np.linspace(-0.5, 0.5, 13)
    line = np.stack([t * length, 0 * t, sag * (4 * t**2 - 1)], 1)
    return tube(Shape(), line, 0.014, "paint", (0.05, 0.05, 0.05), 4, caps=False)


def flag_pole(rng: np.random.Generator) -> Parts:
    """A tall white mast with a cloth."""
    shape, cloth, tall = Shape(), Shape(), rng.uniform(6.0, 9.0)
    tube(shape, [(0, 0, 0), (0, 0, tall)], [0.07, 0.045], "paint", (0.85, 0.85, 0.84, 0.3), 10)
    x = np.linspace(0.05, 1.4, 8)
    wave = 0.12 * np.sin(4 * x)
    rows = np.stack([np.stack([0 * x + wave, x, np.full(8, z)], 1) for z in (tall - 1.0, tall - 0.1)])
    index = np.arange(7)
    cloth.add(rows, np.stack([index, index + 1, index + 9, index + 8], 1), "paint", tuple(rng.uniform(0.1, 0.8, 3)))
    return {"pole": shape, UNLABELLED: cloth}
