"""Cyclists: a bicycle and its rider in each phase of the pedals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..shapes.mesh import Shape
from ..shapes.solids import ball, box, tube
from .palettes import CAR_PAINTS, Rgb, pick
from .people import Look, draw_look, dress
from .poses import BAR, CRANK, FRONT_HUB, PHASES, REAR_HUB, SADDLE, WHEEL, cycling

DARK = (0.05, 0.05, 0.05)


@dataclass(frozen=True)
class Rider:
    """One cyclist and the bicycle."""

    look: Look
    frame: Rgb
    bow: float
    helmet: Rgb | None
    basket: bool
    guards: bool


def draw_rider(rng: np.random.Generator) -> Rider:
    """One cyclist."""
    return Rider(
        draw_look(rng, child_share=0.0),
        pick(rng, CAR_PAINTS),
        float(rng.uniform(0.08, 0.36)),
        pick(rng, ((0.8, 0.8, 0.8), (0.6, 0.1, 0.1), (0.1, 0.1, 0.12), (0.7, 0.75, 0.1)))
        if rng.random() < 0.5
        else None,
        bool(rng.random() < 0.3),
        bool(rng.random() < 0.5),
    )


def cyclist(rider: Rider, phase: int) -> Shape:
    """Rider and bicycle; x is forward, the wheels stand on z = 0, the jacket is the object's colour."""
    shape = Shape()
    _bicycle(shape, rider, phase)
    dress(shape, cycling(phase, rider.bow), rider.look, helmet=rider.helmet)
    scaled = Shape()
    scaled.join(shape, scale=(1 + rider.look.height / 1.75) / 2)
    return scaled


def _bicycle(shape: Shape, rider: Rider, phase: int) -> None:
    rear, front, crank, saddle, bar = (np.array(point) for point in (REAR_HUB, FRONT_HUB, CRANK, SADDLE, BAR))
    for hub in (rear, front):
        angle = np.linspace(0, 2 * math.pi, 25)
        rim = np.stack([hub[0] + WHEEL * np.cos(angle), 0 * angle, hub[2] + WHEEL * np.sin(angle)], 1)
        tube(shape, rim * (1, 1, 0.99) + (0, 0, 0.003), 0.024, "paint", DARK, 6, caps=False)
        for turn in np.arange(7) * math.pi / 7:
            spoke = 0.32 * np.array([math.cos(turn), 0, math.sin(turn)])
            tube(shape, [hub - spoke, hub + spoke], 0.004, "paint", (0.6, 0.6, 0.6), 4)
        if rider.guards:
            cover = np.stack(
                [hub[0] + 0.38 * np.cos(angle[2:13]), 0 * angle[2:13], hub[2] + 0.38 * np.sin(angle[2:13])], 1
            )
            tube(shape, cover, 0.026, "paint", rider.frame, 6)
    head = bar - (0.05, 0, 0.20)
    bars = (
        (crank, saddle - (0, 0, 0.05)), (crank, head - (0.0, 0, 0.08)), (saddle + (0.04, 0, -0.16), head), (rear, crank),
        (rear, saddle + (0.02, 0, -0.18)), (bar, front),
    )  # fmt: skip
    for start, end in bars:
        tube(shape, [start, end], 0.021, "paint", (*rider.frame, 0.5), 7)
    tube(shape, [bar + (0.0, -0.27, 0), bar, bar + (0.0, 0.27, 0)], 0.016, "paint", DARK, 6)
    ball(shape, saddle, (0.14, 0.075, 0.035), "paint", DARK, 1)
    turn = -2 * math.pi * phase / PHASES
    arm = 0.17 * np.array([math.cos(turn), 0, math.sin(turn)])
    tube(
        shape,
        [crank - arm + (0, 0.07, 0), crank - arm * 0, crank + arm + (0, -0.07, 0)],
        0.014,
        "paint",
        (0.4, 0.4, 0.4),
        5,
    )
    ball(shape, rear + (-0.28, 0, 0.35), (0.02, 0.03, 0.03), "paint", (0.7, 0.05, 0.05), 1)
    if rider.basket:
        box(shape, bar + (0.2, 0, -0.02), (0.24, 0.34, 0.22), "paint", (0.36, 0.27, 0.18))
