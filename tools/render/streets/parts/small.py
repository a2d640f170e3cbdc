"""What stands on pavements and is in no class: litter bins, benches, letter boxes, cabinets; and bus shelters."""

from __future__ import annotations

import numpy as np

from ..labels import UNLABELLED
from ..shapes.mesh import Shape
from ..shapes.solids import box, boxes, grid_rows, tube
from .palettes import pick
from .poles import Parts

KINDS = ("bin", "bench", "letter box", "cabinet")


def street_thing(rng: np.random.Generator) -> Parts:
    """One of the small things; benches are along x."""
    shape, kind = Shape(), str(rng.choice(KINDS, p=[0.4, 0.2, 0.15, 0.25]))
    if kind == "bin":
        color = pick(rng, ((0.12, 0.24, 0.15), (0.10, 0.10, 0.11), (0.45, 0.46, 0.47)))
        tube(shape, [(0, 0, 0), (0, 0, 0.9), (0, 0, 1.0)], [0.23, 0.26, 0.2], "paint", color, 12)
    elif kind == "bench":
        for n in range(4):
            box(shape, (0, -0.2 + 0.12 * n, 0.45), (1.6, 0.1, 0.04), "paint", (0.42, 0.29, 0.18))
        boxes(
            shape, grid_rows(np.zeros(2), 0.27, np.array([0.62, 0.78])), (1.6, 0.04, 0.12), "paint", (0.42, 0.29, 0.18)
        )
        boxes(shape, grid_rows(np.array([-0.7, 0.7]), 0, 0.3), (0.07, 0.5, 0.6), "paint", (0.12, 0.12, 0.12))
    elif kind == "letter box":
        color = pick(rng, ((0.70, 0.08, 0.08), (0.85, 0.68, 0.10)))
        tube(shape, [(0, 0, 0), (0, 0, 1.4), (0, 0, 1.5)], [0.24, 0.24, 0.12], "paint", (*color, 0.3), 14)
    else:
        color = pick(rng, ((0.22, 0.30, 0.24), (0.55, 0.56, 0.55), (0.62, 0.58, 0.48)))
        box(shape, (0, 0, 0.65), (0.9, 0.4, 1.3), "paint", color)
    return {UNLABELLED: shape}


def shelter(rng: np.random.Generator) -> Parts:
    """A bus shelter, open towards -y. Its posts and panes count as what people mark them as in street pictures: building."""
    shape, length = Shape(), rng.uniform(3.0, 4.2)
    color = pick(rng, ((0.14, 0.15, 0.16), (0.45, 0.46, 0.47), (0.12, 0.26, 0.20)))
    boxes(shape, grid_rows(np.array([-0.5, 0.5]) * length, 0.6, 1.15), (0.08, 0.08, 2.3), "paint", color)
    box(shape, (0, 0.1, 2.36), (length + 0.3, 1.5, 0.12), "paint", color)
    box(shape, (0, 0.62, 1.2), (length - 0.1, 0.02, 1.9), "glass", (0.20, 0.22, 0.23, 0.9))
    box(shape, (length / 2, 0.2, 1.2), (0.06, 1.1, 1.8), "paint", tuple(rng.uniform(0.1, 0.8, 3)))
    box(shape, (0, 0.35, 0.5), (length * 0.6, 0.3, 0.06), "paint", (0.5, 0.3, 0.2))
    return {"building": shape}
