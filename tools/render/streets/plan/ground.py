"""Asphalt, kerbs, pavements, rounded corners, verges, gardens and the land beyond."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ..shapes.mesh import Color, Shape
from .markings import mark
from .road import Bend, Road
from .street import END, KERB, SIDES, START, Street

KERB_WIDTH = 0.16
ARM_LENGTH = 110.0
_FAR, _FAR_CELL = 400.0, 8.0


@dataclass
class _Surfaces:
    """The shapes that grow, and the colours of this scene."""

    asphalt: Color
    stone: Color
    kerb: Color
    green: Color
    paving: str
    road: Shape = field(default_factory=Shape)
    walk: Shape = field(default_factory=Shape)
    verge: Shape = field(default_factory=Shape)


def lay_ground(street: Street, rng: np.random.Generator) -> None:
    """Everything that is walked and driven on."""
    surfaces = _draw_surfaces(rng)
    street.road.ribbon(surfaces.road, (START, END), (-street.half, street.half), 0.0, "asphalt", surfaces.asphalt)
    for side in SIDES:
        for run in runs(street, side):
            _pavement(street, surfaces, side, run)
    if street.crossing is not None:
        for side in street.crossing.sides:
            _arm(street, surfaces, side)
    mark(street, surfaces.road, rng)
    _patches(street, surfaces, rng)
    garden = street.town != "city" and (street.setback > 1 or rng.random() < 0.4)
    street.own("road", "road", surfaces.road)
    street.own("walk", "pavement", surfaces.walk)
    street.own("verge", "tree", surfaces.verge)
    _plots(street, surfaces, garden)
    _land(street, surfaces, garden, rng)


def runs(street: Street, side: int) -> list[tuple[float, float]]:
    """The unbroken stretches of pavement on a side, without the corners of the crossing."""
    crossing = street.crossing
    if crossing is None or side not in crossing.sides:
        return [(START, END)]
    return [(START, crossing.s - crossing.reach), (crossing.s + crossing.reach, END)]


def _draw_surfaces(rng: np.random.Generator) -> _Surfaces:
    stone = np.array(
        [[0.61, 0.60, 0.57], [0.54, 0.53, 0.52], [0.64, 0.57, 0.50], [0.56, 0.47, 0.42], [0.45, 0.45, 0.46]]
    )[rng.integers(5)]
    stone = stone * rng.uniform(0.8, 1.1)
    tone, green = rng.uniform(0.26, 0.47), np.array([0.30, 0.37, 0.16]) * rng.uniform(0.8, 1.15)
    return _Surfaces(
        (tone, tone, tone * 1.02), tuple(stone), tuple(stone * rng.uniform(0.95, 1.15)), tuple(green),
        str(rng.choice(["slab", "paint", "brick"], p=[0.6, 0.25, 0.15])),
    )  # fmt: skip


def _pavement(street: Street, surfaces: _Surfaces, side: int, run: tuple[float, float]) -> None:
    road, kerb = street.road, street.half + KERB_WIDTH
    road.ribbon(surfaces.walk, run, (side * street.half, side * kerb), KERB, "paint", surfaces.kerb)
    road.lip_along(surfaces.walk, run, side * street.half, (-0.02, KERB), "paint", surfaces.kerb)
    road.ribbon(surfaces.verge, run, (side * kerb, side * (kerb + street.verge)), KERB, "grass", surfaces.green)
    road.ribbon(
        surfaces.walk, run, (side * (kerb + street.verge), side * street.edge), KERB, surfaces.paving, surfaces.stone
    )


def _arm(street: Street, surfaces: _Surfaces, side: int) -> None:
    """The street that crosses, on one side, with its two corners."""
    crossing, half, edge = street.crossing, street.half, street.edge
    assert crossing is not None
    x, y, heading = (float(v) for v in street.road.at(crossing.s))
    arm = Road(street.terrain, (x, y), heading + side * math.pi / 2, (0.0, ARM_LENGTH), Bend())
    street.arms[side] = arm
    middle = crossing.width / 2
    arm.ribbon(surfaces.road, (half - 0.3, ARM_LENGTH), (-middle, middle), -0.004, "asphalt", surfaces.asphalt)
    for q in SIDES:
        run = (edge, ARM_LENGTH)
        arm.ribbon(surfaces.walk, run, (q * middle, q * crossing.reach), KERB, surfaces.paving, surfaces.stone)
        arm.lip_along(surfaces.walk, run, q * middle, (-0.02, KERB), "paint", surfaces.kerb)
        _corner(arm, surfaces, q, (half, edge), (middle, crossing.reach))


def _corner(arm: Road, surfaces: _Surfaces, q: int, along: tuple[float, float], across: tuple[float, float]) -> None:
    """A corner of pavement with a rounded kerb, in the coordinates of the street that crosses."""
    radius = 0.9 * min(along[1] - along[0], across[1] - across[0])
    turn = np.linspace(0, math.pi / 2, 9)
    arc = np.stack([along[0] + radius * (1 - np.sin(turn)), across[0] + radius * (1 - np.cos(turn))], 1)
    line = np.vstack([[along[1], across[0]], arc, [along[0], across[1]]])
    points = np.vstack(
        [arm.points(line[:, 0], q * line[:, 1], KERB), arm.points(np.array([along[1]]), q * across[1], KERB)]
    )
    index = np.arange(len(line) - 1)
    uv = np.vstack([line, [[along[1], across[1]]]])
    triangles = np.stack([np.full(len(index), len(line)), index, index + 1], 1)
    surfaces.walk.add(points, triangles, surfaces.paving, surfaces.stone, uv=uv)
    arm.lip(surfaces.walk, line[:, 0], q * line[:, 1], (-0.02, KERB), "paint", surfaces.kerb)
    arm.ribbon(
        surfaces.road, (along[0] - 0.2, along[0] + radius), (q * (across[0] - 0.2), q * (across[0] + radius)), -0.008, "asphalt",
        surfaces.asphalt,
    )  # fmt: skip


def _patches(street: Street, surfaces: _Surfaces, rng: np.random.Generator) -> None:
    """Repairs and covers, each at a height of its own: faces in one plane shade each other black."""
    for n in range(int(rng.integers(2, 10))):
        s, d = rng.uniform(0, 90), rng.uniform(-0.7, 0.7) * street.half
        tone = np.array(surfaces.asphalt) * rng.uniform(0.72, 1.2)
        across = (d - rng.uniform(0.2, 0.5), d + rng.uniform(0.3, 1.0))
        street.road.ribbon(
            surfaces.road, (s, s + rng.uniform(0.6, 7)), across, 0.002 + 0.0006 * n, "asphalt", tuple(tone)
        )
    for n in range(int(rng.integers(0, 4))):
        s, d = rng.uniform(0, 70), rng.uniform(-0.6, 0.6) * street.half
        street.road.ribbon(surfaces.road, (s, s + 0.6), (d, d + 0.6), 0.009 + 0.0006 * n, "paint", (0.2, 0.2, 0.2))


def _plots(street: Street, surfaces: _Surfaces, garden: bool) -> None:
    """Front gardens, or paved plots, at the height of the pavement."""
    land = Shape()
    material, color = ("grass", surfaces.green) if garden else (surfaces.paving, surfaces.stone)
    for side in SIDES:
        for run in runs(street, side):
            across = (side * (street.edge - 0.01), side * (street.edge + street.setback + 14))
            street.road.ribbon(land, run, across, KERB - 0.01, material, color, cell=2.5)
    street.own("plots", "tree" if garden else "pavement", land)


def _land(street: Street, surfaces: _Surfaces, garden: bool, rng: np.random.Generator) -> None:
    """The ground to the horizon, and hills around it."""
    x0, y0, _ = (float(v) for v in street.road.at(70.0))
    line = np.arange(-_FAR, _FAR + 1, _FAR_CELL)
    x, y = (v.ravel() for v in np.meshgrid(line + x0, line + y0, indexing="ij"))
    count = len(line)
    i, j = np.meshgrid(np.arange(count - 1), np.arange(count - 1), indexing="ij")
    first = (i * count + j).ravel()
    faces = np.stack([first, first + count, first + count + 1, first + 1], 1)
    material, color = ("grass", surfaces.green) if garden else ("paint", surfaces.stone)
    land = Shape().add(np.stack([x, y, street.terrain.height(x, y) - 0.14], 1), faces, material, color)
    street.own("land", "tree" if garden else "pavement", land)
    angle = np.linspace(0, 2 * math.pi, 181)
    tall = (
        7
        + 5 * np.sin(3 * angle + rng.uniform(0, 6))
        + 4 * np.sin(7 * angle + rng.uniform(0, 6))
        + rng.uniform(0, 3, 181)
    )
    tall[-1] = tall[0]
    ring = np.stack([x0 + 0.97 * _FAR * np.cos(angle), y0 + 0.97 * _FAR * np.sin(angle)], 1)
    base = street.terrain.height(ring[:, 0], ring[:, 1])
    index = np.arange(180)
    hills = Shape().add(
        np.vstack([np.column_stack([ring, base - 3]), np.column_stack([ring, base + tall])]),
        np.stack([index, index + 1, 182 + index, 181 + index], 1), "grass", tuple(np.array(surfaces.green) * 0.8),
    )  # fmt: skip
    street.own("hills", "tree", hills)
