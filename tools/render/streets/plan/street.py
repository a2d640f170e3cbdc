"""The plan of a street: widths, sides, crossing; and what has been put into it so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ..shapes.mesh import Floats, Shape
from .road import Bend, Road
from .terrain import Terrain

KERB = 0.12
START, END = -30.0, 190.0
PARKED = 2.1  # width of a lane of parked cars
SIDES = (-1, 1)


@dataclass(frozen=True)
class Thing:
    """One object: which shape, what it counts as, where it stands. ``turn`` about z, ``pitch`` nose down, in radians."""

    key: str
    label: str
    at: tuple[float, float, float]
    turn: float = 0.0
    pitch: float = 0.0
    scale: float = 1.0
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    instance: int = 0


@dataclass(frozen=True)
class Crossing:
    """Where a street crosses: its middle, the width of its asphalt and of its pavements, and on which sides it goes on."""

    s: float
    width: float
    pave: float
    sides: tuple[int, ...]

    @property
    def reach(self) -> float:
        """From the middle to the plots."""
        return self.width / 2 + self.pave


@dataclass
class Street:
    """The plan, and what is in it. ``side``: -1 drives on the right, 1 on the left."""

    terrain: Terrain
    road: Road
    town: str
    width: float
    pave: float
    verge: float
    setback: float
    side: int
    parking: dict[int, bool]
    crossing: Crossing | None
    cycle_lane: bool
    shapes: dict[str, Shape] = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)
    panels: list[Floats] = field(default_factory=list)  # corners (4, 3) of fence panels, closed areas for the labels
    zebras: list[float] = field(default_factory=list)
    arms: dict[int, Road] = field(default_factory=dict)
    empty_plots: list[tuple[Road, int, float, float]] = field(default_factory=list)
    poles: list[tuple[float, float]] = field(default_factory=list)
    taken: list[tuple[float, float, float]] = field(default_factory=list)

    @property
    def half(self) -> float:
        """From the middle of the road to the kerb."""
        return self.width / 2

    @property
    def edge(self) -> float:
        """From the middle of the road to the plots."""
        return self.half + self.verge + self.pave

    def drivable(self, side: int) -> float:
        """From the middle to where parked cars or the kerb begin."""
        return self.half - PARKED * self.parking[side]

    def lane(self, side: int) -> float:
        """The middle of the lane on a side, signed."""
        return side * self.drivable(side) / 2

    def in_crossing(self, s: float, side: int, margin: float = 0.0) -> bool:
        """Whether there is no pavement at s on that side."""
        crossing = self.crossing
        return crossing is not None and side in crossing.sides and abs(s - crossing.s) < crossing.width / 2 + margin

    def free(self, s: float, d: float, radius: float) -> bool:
        """Whether nothing stands within ``radius`` of a place."""
        return all((s - a) ** 2 + (d - b) ** 2 > (radius + r) ** 2 for a, b, r in self.taken)

    def put(
        self, parts: dict[str, str], s: float, d: float, turn: float, radius: float, up: float = KERB, **more: object
    ) -> None:
        """Place the parts (class: key) of one thing at s and d, turned against the road; the room is taken."""
        at, heading = self.road.place(s, d, up)
        for label, key in parts.items():
            self.things.append(Thing(key, label, at, heading + turn, **more))  # type: ignore[arg-type]
        self.taken.append((s, d, radius))

    def own(self, name: str, label: str, shape: Shape) -> None:
        """Place a shape of this scene only, given in the coordinates of the world."""
        if shape:
            self.shapes[f"scene/{name}"] = shape
            self.things.append(Thing(f"scene/{name}", label, (0.0, 0.0, 0.0)))


def draw_street(rng: np.random.Generator) -> Street:
    """Choose the plan of a scene."""
    terrain = Terrain(rng)
    town = str(rng.choice(["suburb", "town", "city"], p=[0.33, 0.4, 0.27]))
    crossing = _crossing(rng) if rng.random() < 0.65 else None
    curved = rng.random() < 0.5
    start = rng.uniform(5, 50) if crossing is None else crossing.s + rng.uniform(22, 40)
    rate = float(rng.choice([-1, 1]) / rng.uniform(45, 150)) if curved else 0.0
    road = Road(
        terrain, (0.0, 0.0), rng.uniform(0, 2 * math.pi), (START, END), Bend(rate, start, start + rng.uniform(40, 90))
    )
    parking = {side: bool(rng.random() < 0.5) for side in SIDES}
    wide = town == "city" and rng.random() < 0.5
    cycle_lane = bool(rng.random() < 0.35)
    lanes = (rng.uniform(8.5, 11.5) if wide else rng.uniform(5.8, 7.4)) + 2.0 * cycle_lane
    width = lanes + PARKED * 2 * any(parking.values())
    setback = {
        "suburb": rng.uniform(3, 8),
        "town": rng.choice([0.0, rng.uniform(1.5, 4)], p=[0.65, 0.35]),
        "city": 0.0,
    }[town]
    narrow = town == "suburb"
    return Street(
        terrain, road, town, float(width), float(rng.uniform(1.8, 3.0) if narrow else rng.uniform(2.2, 4.5)),
        float(rng.uniform(1.0, 2.2)) if town != "city" and rng.random() < 0.35 else 0.0, float(setback),
        int(rng.choice(SIDES)), parking, crossing, cycle_lane,
    )  # fmt: skip


def _crossing(rng: np.random.Generator) -> Crossing:
    sides = {0: SIDES, 1: (-1,), 2: (1,)}[int(rng.choice(3, p=[0.6, 0.2, 0.2]))]
    return Crossing(float(rng.uniform(22, 75)), float(rng.uniform(6, 9)), float(rng.uniform(2.0, 2.8)), sides)
