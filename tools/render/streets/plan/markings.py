"""Lines, zebras, arrows and cycle lanes on the asphalt."""

from __future__ import annotations

import numpy as np

from ..shapes.mesh import Color, Shape
from .street import END, SIDES, START, Street

# Heights above the asphalt: markings that cross each other must not lie in one plane.
_CENTRE, _EDGE, _LANE, _ZEBRA, _STOP, _ARROW = 0.010, 0.012, 0.0045, 0.014, 0.018, 0.016


def mark(street: Street, shape: Shape, rng: np.random.Generator) -> None:
    """Paint the road."""
    tone = rng.uniform(0.60, 0.88)
    white: Color = (tone, tone, tone * 0.98)
    center: Color = (tone, tone * 0.75, tone * 0.2) if rng.random() < 0.12 else white
    _cycle_lanes(street, shape, white, rng)
    _middle(street, shape, center, rng)
    _edges(street, shape, white, rng)
    _zebras(street, shape, white, rng)
    _arrows(street, shape, white, rng)


def _stretches(street: Street) -> list[tuple[float, float]]:
    crossing = street.crossing
    if crossing is None:
        return [(START, END)]
    return [(START, crossing.s - crossing.width / 2 - 1), (crossing.s + crossing.width / 2 + 1, END)]


def _middle(street: Street, shape: Shape, color: Color, rng: np.random.Generator) -> None:
    style = str(rng.choice(["dashed", "double", "none"], p=[0.72, 0.14, 0.14]))
    dash, pause, half = rng.uniform(1.5, 4.5), rng.uniform(2, 6), rng.uniform(0.045, 0.08)
    for run in _stretches(street):
        if style == "dashed":
            for s in np.arange(run[0], run[1] - dash, dash + pause):
                street.road.ribbon(shape, (s, s + dash), (-half, half), _CENTRE, "paint", color)
        elif style == "double":
            for d in (-0.16, 0.16):
                street.road.ribbon(shape, run, (d - 0.055, d + 0.055), _CENTRE, "paint", color)


def _edges(street: Street, shape: Shape, color: Color, rng: np.random.Generator) -> None:
    for side in SIDES:
        if rng.random() < 0.55:
            inner = side * (street.drivable(side) - (0.0 if street.parking[side] else 0.25))
            yellow = not street.parking[side] and rng.random() < 0.4
            tint: Color = (0.72, 0.60, 0.18) if yellow else color
            for run in _stretches(street):
                for shift in (0.0, 0.16) if yellow else (0.0,):
                    d = inner - side * shift
                    street.road.ribbon(shape, run, (d - 0.05, d + 0.05), _EDGE, "paint", tint)


def _cycle_lanes(street: Street, shape: Shape, white: Color, rng: np.random.Generator) -> None:
    if not street.cycle_lane:
        return
    surface = (
        ((0.42, 0.20, 0.17), (0.20, 0.34, 0.22), (0.22, 0.30, 0.42))[int(rng.integers(3))]
        if rng.random() < 0.5
        else None
    )
    for side in SIDES:
        outer = street.drivable(side) - 0.15
        for run in _stretches(street):
            if surface:
                street.road.ribbon(shape, run, (side * outer, side * (outer - 1.3)), _LANE, "paint", surface)
            for s in np.arange(run[0], run[1] - 1.2, 2.4):
                street.road.ribbon(
                    shape, (s, s + 1.2), (side * (outer - 1.3), side * (outer - 1.42)), _EDGE + 0.001, "paint", white
                )


def _zebras(street: Street, shape: Shape, white: Color, rng: np.random.Generator) -> None:
    spots = []
    if street.crossing is not None:
        reach = street.crossing.reach + 1.6
        spots = [street.crossing.s + reach * way for way in SIDES if rng.random() < 0.6]
        if rng.random() < 0.7:
            s = street.crossing.s - reach - (2.4 if spots and min(spots) < street.crossing.s else -1.6)
            across = (street.side * 0.1, street.side * (street.half - 0.2))
            street.road.ribbon(shape, (s - 0.35, s), across, _STOP, "paint", white)
    if rng.random() < 0.4:
        spot = float(rng.uniform(8, 70))
        if not any(street.in_crossing(spot, side, 8) for side in SIDES):
            spots.append(spot)
    for s in spots:
        street.zebras.append(s)
        for d in np.arange(-street.half + 0.35, street.half - 0.4, 1.0):
            street.road.ribbon(shape, (s - 1.5, s + 1.5), (d, d + 0.5), _ZEBRA, "paint", white)


def _arrows(street: Street, shape: Shape, white: Color, rng: np.random.Generator) -> None:
    if street.crossing is None or rng.random() < 0.5:
        return
    lane = street.lane(street.side)
    for back in (14.0, 28.0):
        s = street.crossing.s - back - street.crossing.reach
        street.road.ribbon(shape, (s, s + 2.2), (lane - 0.08, lane + 0.08), _ARROW, "paint", white)
        points = street.road.points(
            np.array([s + 2.2, s + 2.2, s + 3.4]), np.array([lane - 0.35, lane + 0.35, lane]), _ARROW
        )
        shape.add(points, [[0, 2, 1]], "paint", white)
