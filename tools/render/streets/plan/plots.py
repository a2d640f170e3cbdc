"""Rows of houses along the street and the one that crosses, and the blocks of the skyline."""

from __future__ import annotations

import math

import numpy as np

from ..parts.houses import house
from ..shapes.mesh import Shape
from ..shapes.solids import box
from .road import Road
from .street import KERB, SIDES, Street, Thing

# For each kind of town: range of a house's width, gaps between houses, range of storeys, share of empty plots
_ROWS = {
    "suburb": ((7.0, 13.0), (1.5, 6.0), (1, 3), (0.10, 0.30)),
    "town": ((5.5, 13.0), (0.0, 0.3), (2, 5), (0.05, 0.25)),
    "city": ((11.0, 24.0), (0.0, 1.5), (3, 8), (0.04, 0.10)),
}
FRONT_GAP = 0.45  # of houses without gardens: steps, awnings and sills keep clear of the pavement's walkers


def raise_houses(street: Street, rng: np.random.Generator) -> None:
    """All houses of a scene."""
    front = street.edge + max(street.setback, FRONT_GAP)
    empty = float(rng.choice(_ROWS[street.town][3]))
    rows = [(street.road, side, -22.0, 180.0, front) for side in SIDES]
    if street.crossing is not None:
        for arm in street.arms.values():
            rows += [(arm, q, front + 13.0, 100.0, street.crossing.reach + 0.3) for q in SIDES]
    for number, row in enumerate(rows):
        _row(street, f"house{number}", row, empty, rng)
    _skyline(street, rng)


def _row(
    street: Street, name: str, row: tuple[Road, int, float, float, float], empty: float, rng: np.random.Generator
) -> None:
    road, side, s, end, front = row
    widths, gaps, floors, _ = _ROWS[street.town]
    level, count = int(rng.integers(*floors)), 0
    while s < end:
        width, depth = rng.uniform(*widths), rng.uniform(8, 12)
        if road is street.road and _blocked(street, side, s, width):
            s += 1.0
            continue
        if rng.random() < 0.6:
            level = int(rng.integers(*floors))
        middle = s + width / 2
        if rng.random() < empty:
            street.empty_plots.append((road, side, middle, front))
        else:
            back = rng.uniform(0, 0.25 * street.setback) if road is street.road else 0.0
            bulge = _bulge(road, s, width, front + back, side)
            at, heading = road.place(middle, side * (front + back + bulge), KERB - 0.02)
            key = f"scene/{name}-{count}"
            street.shapes[key] = house(rng, width, depth, level, street.town)
            street.things.append(Thing(key, "building", at, heading + (0.0 if side > 0 else math.pi)))
            count += 1
        s += width + rng.uniform(*gaps)


def _blocked(street: Street, side: int, s: float, width: float) -> bool:
    """Whether a house would stand in the street that crosses."""
    pave = 0.3 if street.crossing is None else street.crossing.pave + 0.3
    return any(street.in_crossing(s + share * width, side, pave) for share in np.linspace(0, 1, 6))


def _bulge(road: Road, s: float, width: float, front: float, side: int) -> float:
    """How far a straight front must stand back so that its corners keep out of a curved pavement."""
    x, y, heading = road.at(s + width / 2, side * front)
    ends_x, ends_y, _ = road.at(np.array([s, s + width]), side * front)
    away = side * (-(ends_x - x) * np.sin(heading) + (ends_y - y) * np.cos(heading))
    return float(max(0.0, away.max()))


def _skyline(street: Street, rng: np.random.Generator) -> None:
    far = Shape()
    x0, y0, _ = (float(v) for v in street.road.at(60.0))
    for _ in range(int(rng.integers(8, 26))):
        angle, away = rng.uniform(0, 2 * math.pi), rng.uniform(230, 360)
        x, y = x0 + away * math.cos(angle), y0 + away * math.sin(angle)
        block, tall = Shape(), rng.uniform(10, 30)
        box(
            block,
            (0, 0, 0),
            (rng.uniform(12, 40), rng.uniform(12, 20), 2 * tall),
            "paint",
            tuple(rng.uniform(0.45, 0.7, 3)),
        )
        far.join(block, (x, y, float(street.terrain.height(x, y))), angle + rng.normal() * 0.4)
    street.own("skyline", "building", far)
