"""Passenger cars and vans: one skin of cross sections along the car, panes and paint in it, and what is fixed to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..shapes.mesh import Floats, Shape
from ..shapes.solids import ball, box, disc
from .palettes import BLACK, WHITE

PANE = (0.10, 0.11, 0.12, 0.9)


@dataclass(frozen=True)
class Body:
    """Lengths in metres. ``bonnet`` and ``boot``: in front of and behind the panes, measured at the belt line; ``screen`` and
    ``hatch``: how far the panes of front and rear lean; ``pillars``: where the sides have no panes, as shares of the cabin."""

    length: float
    width: float
    height: float
    belt: float
    bonnet: float
    boot: float
    screen: float
    hatch: float
    wheel: float = 0.31
    nose: float = 0.74
    pillars: tuple[tuple[float, float], ...] = ((0.47, 0.53),)


BODIES = {
    "hatchback": Body(3.95, 1.72, 1.48, 0.92, 0.95, 0.10, 0.85, 0.50),
    "saloon": Body(4.60, 1.80, 1.44, 0.92, 1.20, 0.80, 0.90, 0.75),
    "estate": Body(4.65, 1.80, 1.50, 0.93, 1.20, 0.08, 0.90, 0.45, pillars=((0.58, 0.63), (0.30, 0.34))),
    "offroad": Body(4.50, 1.90, 1.74, 1.06, 1.15, 0.08, 0.60, 0.28, 0.37, 0.84, ((0.58, 0.63), (0.28, 0.33))),
    "small": Body(3.45, 1.62, 1.52, 0.93, 0.68, 0.06, 0.75, 0.25, 0.28, 0.78),
    "van": Body(5.10, 1.95, 2.20, 1.20, 0.80, 0.03, 0.80, 0.06, 0.34, 0.82, ((0.0, 0.68),)),
    "people carrier": Body(4.70, 1.85, 1.78, 1.02, 0.85, 0.06, 0.95, 0.25, 0.32, 0.82, ((0.60, 0.64), (0.30, 0.34))),
    "pickup": Body(5.00, 1.85, 1.72, 1.02, 1.20, 1.70, 0.65, 0.20, 0.37, 0.86),
}


def draw_body(rng: np.random.Generator, kind: str) -> Body:
    """A body of that kind with proportions of its own."""
    body = BODIES[kind]
    return replace(
        body,
        length=body.length * rng.uniform(0.95, 1.06),
        height=body.height * rng.uniform(0.97, 1.04),
        screen=body.screen * rng.uniform(0.85, 1.15),
        hatch=body.hatch * rng.uniform(0.7, 1.3),
        nose=body.nose * rng.uniform(0.96, 1.05),
        boot=body.boot * rng.uniform(0.85, 1.15),
    )


def car(rng: np.random.Generator, kind: str) -> Shape:
    """A car whose paint is the object's colour; its middle is at x = 0, its wheels stand on z = 0."""
    body, shape = draw_body(rng, kind), Shape()
    _skin(shape, body)
    _wheels(shape, body, rng)
    _front_and_rear(shape, body, rng)
    _sides(shape, body)
    if rng.random() < 0.15:
        for side in (-1, 1):
            box(
                shape, (-0.1, side * 0.36 * body.width, body.height + 0.03), (1.5, 0.04, 0.04), "paint", (0.3, 0.3, 0.3)
            )
    return shape


def _stations(body: Body) -> tuple[Floats, Floats, Floats]:
    """Places along the car, the height of its upper outline there, and which spans between them are cabin: 0 no, 1 screen,
    2 side panes, 3 pillar, 4 rear pane."""
    half, top = body.length / 2, body.height
    scuttle, tail = half - body.bonnet, -half + body.boot
    front, rear = scuttle - body.screen, tail + body.hatch
    nose = body.belt * body.nose
    places = [
        (-half, body.belt * 0.62), (-half + 0.03, body.belt * 0.86), (tail, body.belt + 0.02), (rear, top - 0.02),
        (rear + 0.25, top), ((front + rear) / 2, top + 0.01), (front - 0.2, top), (front, top - 0.03),
        (scuttle, body.belt + 0.03), (half - 0.25, nose + 0.06), (half - 0.08, nose - 0.03), (half - 0.02, nose - 0.16),
        (half, nose * 0.62),
    ]  # fmt: skip
    for low, high in body.pillars:
        for share in (low, high):
            x = rear + share * (front - rear)
            places.append((x, float(np.interp(x, *zip(*sorted(places), strict=True)))))
    x, z = np.array(sorted(places)).T
    keep = np.append(True, np.diff(x) > 1e-3)
    x, z = x[keep], z[keep]
    middle = (x[1:] + x[:-1]) / 2
    kind = np.select(
        [middle > scuttle, middle > front, middle > rear, middle > tail], [0, 1, 2, 4], default=0
    )  # from the front to the rear
    for low, high in body.pillars:
        inside = (middle > rear + low * (front - rear)) & (middle < rear + high * (front - rear))
        kind[inside & (kind == 2)] = 3
    return x, z, kind


def _skin(shape: Shape, body: Body) -> None:
    x, top, kind = _stations(body)
    bend = np.abs(x / (body.length / 2))
    half = body.width / 2 * (1 - 0.05 * bend**4 - 0.11 * bend**18)
    low = 0.19 + 0.08 * bend**8
    belt = np.minimum(body.belt, top - 0.05)
    rise = top - belt
    lean = 0.25 if body.height < 1.9 else 0.08
    roof = half * 0.985 - lean * np.maximum(rise - 0.06, 0)
    edge = belt + 0.88 * rise
    rows = [
        (0 * x, low), (half * 0.9, low), (half * 0.98, low + 0.08), (half, low + 0.5 * (belt - low)), (half * 0.985, belt),
        (half * 0.985 - lean * 0.06 * rise, belt + 0.06 * rise), (roof, edge), (roof - 0.035, belt + 0.94 * rise),
        (roof * 0.86, top), (0 * x, top + 0.015),
    ]  # fmt: skip
    right = np.stack([np.stack([x, y, z], 1) for y, z in rows], 1)
    ring = np.concatenate([right, right[:, -2:0:-1] * (1, -1, 1)], 1)
    count, sides = ring.shape[:2]
    i, j = np.meshgrid(np.arange(count - 1), np.arange(sides), indexing="ij")
    following = (j + 1) % sides
    quads = np.stack([i * sides + j, i * sides + following, (i + 1) * sides + following, (i + 1) * sides + j], -1)
    band = np.minimum(j, sides - 1 - j)  # counted from the floor, the same on both sides
    span = kind[:, None] * np.ones_like(j)
    pane = ((band == 5) & (span == 2)) | ((band >= 7) & np.isin(span, (1, 4)))
    pane |= (band == 5) & np.isin(span, (1, 4)) & (body.height < 1.9)
    shape.add(ring, quads[pane].reshape(-1, 4), "glass", PANE)
    shape.add(ring, quads[~pane & (band > 0)].reshape(-1, 4), "carpaint", (1, 1, 1), True)
    shape.add(ring, quads[band == 0].reshape(-1, 4), "paint", BLACK)
    for end in (ring[0], ring[-1]):
        index = np.arange(sides)
        triangles = np.stack([np.full(sides, sides), index, (index + 1) % sides], 1)
        shape.add(np.vstack([end, end.mean(0)]), triangles, "carpaint", (0.9, 0.9, 0.9))


def _wheels(shape: Shape, body: Body, rng: np.random.Generator) -> None:
    half, side_at, radius = body.length / 2, body.width / 2, body.wheel
    spokes, rim = int(rng.integers(5, 10)), (0.58, 0.59, 0.61, 0.4)
    for x in (half - 0.185 * body.length, -half + 0.20 * body.length):
        for side in (-1, 1):
            disc(
                shape,
                (x, side * (side_at - 0.07), radius * 1.04),
                radius * 1.2,
                "y",
                0.15,
                "paint",
                (0.02, 0.02, 0.02),
                24,
            )
            disc(shape, (x, side * (side_at - 0.08), radius), radius, "y", 0.20, "paint", (0.08, 0.08, 0.08), 24)
            disc(shape, (x, side * (side_at + 0.004), radius), 0.68 * radius, "y", 0.06, "paint", rim, 18)
            for angle in np.arange(spokes) * 2 * np.pi / spokes:
                at = (
                    x + 0.44 * radius * np.cos(angle),
                    side * (side_at + 0.032),
                    radius + 0.44 * radius * np.sin(angle),
                )
                ball(shape, at, (0.11 * radius, 0.01, 0.11 * radius), "paint", (0.10, 0.10, 0.10), 1)


def _front_and_rear(shape: Shape, body: Body, rng: np.random.Generator) -> None:
    half, side_at, nose = body.length / 2, body.width / 2, body.belt * body.nose
    lamp, tail = nose - 0.12, body.belt * 0.80
    on = rng.random() < 0.25
    for side in (-1, 1):
        ball(
            shape,
            (half - 0.12, side * side_at * 0.70, lamp),
            (0.12, 0.20, 0.075),
            "glow" if on else "paint",
            (0.9, 0.91, 0.9, 0.9),
        )
        tall = 0.30 if body.boot < 0.15 and body.height > 1.47 else 0.12
        ball(
            shape,
            (-half + 0.08, side * side_at * 0.82, tail),
            (0.10, 0.13, tall * 0.6),
            "paint",
            (0.58, 0.04, 0.04, 0.7),
        )
        ball(shape, (half - 0.04, side * side_at * 0.62, 0.36), (0.05, 0.09, 0.05), "paint", (0.7, 0.7, 0.7, 0.6))
    box(shape, (half - 0.02, 0, 0.33), (0.07, body.width * 0.60, 0.13), "paint", (0.04, 0.04, 0.04))
    box(shape, (half - 0.03, 0, lamp), (0.07, body.width * 0.34, 0.10), "paint", (0.07, 0.07, 0.07, 0.5))
    box(shape, (half + 0.02, 0, 0.46), (0.02, 0.50, 0.11), "paint", WHITE)
    plate_z = 0.52 if body.boot > 0.3 else 0.74
    box(
        shape,
        (-half - 0.012, 0, plate_z),
        (0.03, 0.50, 0.11),
        "paint",
        (0.88, 0.78, 0.30) if rng.random() < 0.6 else WHITE,
    )
    box(shape, (-half + 0.02, 0, 0.34), (0.08, body.width * 0.84, 0.12), "paint", (0.07, 0.07, 0.07))


def _sides(shape: Shape, body: Body) -> None:
    """Mirrors, gaps of the doors, handles, a dark sill."""
    half, side_at = body.length / 2, body.width / 2
    scuttle = half - body.bonnet
    gaps = [scuttle - 0.12, scuttle - 1.15, scuttle - 2.05]
    for side in (-1, 1):
        ball(
            shape,
            (scuttle - 0.35, side * (side_at + 0.08), body.belt + 0.06),
            (0.06, 0.10, 0.07),
            "carpaint",
            (1, 1, 1),
        )
        box(shape, (0, side * side_at * 0.985, 0.27), (body.length * 0.50, 0.03, 0.10), "paint", (0.06, 0.06, 0.06))
        for x in gaps:
            if x > -half + 0.75:
                box(
                    shape,
                    (x, side * side_at * 0.985, 0.30 + body.belt * 0.36),
                    (0.012, 0.035, body.belt * 0.55),
                    "paint",
                    BLACK,
                )
                box(
                    shape,
                    (x - 0.78, side * side_at * 0.985, body.belt * 0.84),
                    (0.15, 0.05, 0.03),
                    "paint",
                    (0.08, 0.08, 0.08),
                )
