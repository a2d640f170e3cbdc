"""Traffic lights; they look towards -x, to the driver who comes along +x."""

from __future__ import annotations

import numpy as np

from ..shapes.mesh import Shape
from ..shapes.solids import box, disc, tube
from .palettes import METALS, pick
from .poles import Parts

_LAMPS = ((0.95, 0.10, 0.06), (0.95, 0.60, 0.06), (0.10, 0.85, 0.42))


def traffic_light(rng: np.random.Generator) -> Parts:
    """A post with one head, or a mast with a second one over the road on the side of +y."""
    pole, head = Shape(), Shape()
    color, lit = (*pick(rng, METALS), 0.3), int(rng.choice([0, 1, 2], p=[0.45, 0.1, 0.45]))
    thick = rng.uniform(0.055, 0.085)
    tube(pole, [(0, 0, 0), (0, 0, 3.35)], thick, "paint", color, 12)
    _head(head, 0, 2.95, lit)
    if rng.random() < 0.35:
        tube(
            pole,
            [(0, 0, 3.3), (0, 0, 5.5), (0, 1.0, 5.85), (0, 3.2, 5.95)],
            [thick, 0.065, 0.06, 0.05],
            "paint",
            color,
            9,
        )
        _head(head, 3.1, 5.5, lit)
    if rng.random() < 0.6:
        box(head, (-0.04, -0.16, 2.25), (0.16, 0.22, 0.5), "paint", (0.06, 0.06, 0.06))
        box(head, (-0.125, -0.16, 2.25 + (0.1 if lit else -0.1)), (0.02, 0.12, 0.14), "glow", _LAMPS[0 if lit else 2])
    if rng.random() < 0.5:
        box(pole, (-0.1, 0, 1.15), (0.12, 0.16, 0.24), "paint", (0.75, 0.65, 0.15))
    return {"pole": pole, "sign_symbol": head}


def _head(head: Shape, y: float, z: float, lit: int) -> None:
    box(head, (-0.03, y, z), (0.22, 0.32, 0.98), "paint", (0.05, 0.05, 0.05))
    box(head, (0.06, y, z), (0.02, 0.54, 1.2), "paint", (0.07, 0.07, 0.07))
    for n, hue in enumerate(_LAMPS):
        at = z + 0.31 - 0.31 * n
        bright = n == lit
        disc(
            head,
            (-0.15, y, at),
            0.11,
            "x",
            0.03,
            "glow" if bright else "paint",
            hue if bright else tuple(0.16 * c for c in hue),
            16,
        )
        box(head, (-0.19, y, at + 0.125), (0.14, 0.25, 0.02), "paint", (0.05, 0.05, 0.05))
