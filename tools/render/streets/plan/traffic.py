"""Cars, walkers and cyclists around the camera."""

from __future__ import annotations

import math

import numpy as np

from ..parts.library import Library
from ..parts.palettes import CAR_PAINTS, CLOTHES, pick, vary
from ..parts.poses import PHASES
from .cameras import Camera
from .movers import Mover
from .road import Road
from .street import KERB, SIDES, Street

_AHEAD = 85.0


class Traffic:
    """Draws everything that moves, and parked cars; instance numbers run over all of it from 1."""

    def __init__(self, street: Street, library: Library, camera: Camera, rng: np.random.Generator) -> None:
        self._street, self._library, self._eye, self._rng = street, library, camera, rng
        self.movers: list[Mover] = []
        self._cars: list[tuple[float, float, float]] = []  # s, d and half the length, on the main road
        self._riders_first()
        self._parked()
        self._driving()
        self._on_the_arms()
        self._walking()
        self._riding()

    def _add(self, member: str, label: str, road: Road, s: float, d: float, speed: float, **more: object) -> None:
        color = self._color(CAR_PAINTS if label == "car" else CLOTHES)
        self.movers.append(
            Mover(member, label, len(self.movers) + 1, road, float(s), float(d), float(speed), color, **more)
        )  # type: ignore[arg-type]

    def _color(self, palette: tuple[tuple[float, float, float], ...]) -> tuple[float, float, float]:
        red, green, blue = np.array(vary(self._rng, pick(self._rng, palette), 0.2)) ** 2.2
        return float(red), float(green), float(blue)

    def _car(self, parked: bool) -> tuple[str, float]:
        """A car and its length; buses and lorries only where cars drive."""
        share = 0.0 if parked else 0.12
        kind = "car" if self._rng.random() >= share else str(self._rng.choice(["bus", "lorry"]))
        member = self._library.draw(self._rng, kind)
        low, high = self._library.shape(f"{member}/all").bounds()
        return member, float(high[0] - low[0])

    def _clear(self, s: float, d: float, length: float, width: float = 1.9) -> bool:
        """Whether a vehicle fits there: not on the camera, not in another one."""
        eye = self._eye
        if abs(s - eye.s) < length / 2 + eye.room and abs(d - eye.d) < width / 2 + 0.7:
            return False
        return all(abs(s - a) > half + length / 2 + 0.6 or abs(d - b) > width for a, b, half in self._cars)

    def _parked(self) -> None:
        rng, street = self._rng, self._street
        for side in SIDES:
            if not street.parking[side] and rng.random() < 0.85:
                continue
            fill, s = rng.uniform(0.25, 0.95), self._eye.s - 8 + rng.uniform(0, 6)
            on_kerb = 0.0 if street.parking[side] else 0.5
            while s < self._eye.s + _AHEAD:
                member, length = self._car(True)
                middle, d = s + length / 2, side * (street.half - 1.02 + on_kerb) + rng.normal() * 0.06
                fits = not street.in_crossing(middle, side, 7) and all(
                    abs(middle - zebra) > 5 for zebra in street.zebras
                )
                if rng.random() < fill and fits and self._clear(middle, d, length) and street.free(middle, d, 1.0):
                    backwards = (side == street.side) == (rng.random() < 0.12)
                    self._add(member, "car", street.road, middle, d, 0.0, backwards=backwards)
                    self._cars.append((middle, d, length / 2))
                s += length + rng.uniform(0.5, 1.6)

    def _driving(self) -> None:
        rng, street = self._rng, self._street
        flow = float(rng.choice([0.0, 0.4, 1.0], p=[0.15, 0.5, 0.35]))
        for side, first in ((street.side, 9.0), (-street.side, 3.0)):
            s, speed = self._eye.s + first + rng.exponential(13), rng.uniform(4, 11) * (rng.random() < 0.8)
            while s < self._eye.s + 100 and flow > 0:
                member, length = self._car(False)
                d = street.lane(side) + rng.normal() * 0.15
                if rng.random() < flow and self._clear(s + length / 2, d, length, 2.4):
                    way = 1 if side == street.side else -1
                    self._add(member, "car", street.road, s + length / 2, d, way * speed, backwards=way < 0)
                    self._cars.append((s + length / 2, d, length / 2))
                s += length + 4 + rng.exponential(16 if flow < 1 else 6)

    def _on_the_arms(self) -> None:
        rng, street = self._rng, self._street
        if street.crossing is None:
            return
        middle = street.crossing.width / 2
        for arm in street.arms.values():
            for q in SIDES:
                for s in np.arange(street.edge + 8, 70, 6.5):
                    if rng.random() < 0.3:
                        self._add(
                            self._car(True)[0],
                            "car",
                            arm,
                            s,
                            q * (middle - 1.0),
                            0.0,
                            backwards=bool(rng.random() < 0.5),
                        )
            if rng.random() < 0.45:
                q = int(rng.choice(SIDES))
                speed = 5.0 * q * street.side
                self._add(
                    self._car(False)[0],
                    "car",
                    arm,
                    rng.uniform(street.edge + 1, 30),
                    q * middle / 2,
                    speed,
                    backwards=speed < 0,
                )

    def _walking(self) -> None:
        rng, street = self._rng, self._street
        inner, outer = street.half + 0.75, street.edge - 0.55
        inner = min(inner, (street.half + street.edge) / 2)
        for _ in range(int(rng.choice([3, 8, 14, 24], p=[0.15, 0.35, 0.33, 0.17]))):
            side = int(rng.choice(SIDES))
            s = self._eye.s + 2.5 + 50 * rng.random() ** 1.8
            way, speed = int(rng.choice([-1, 1])), rng.uniform(1.0, 1.6)
            stands = rng.random() < 0.18
            for n in range(int(rng.choice([1, 2, 3], p=[0.7, 0.23, 0.07]))):
                d = side * (rng.uniform(inner, outer) if n == 0 else min(outer, inner + 0.65 * n))
                place = float(s + rng.normal() * 0.3 * n)
                if self._walker_fits(place, d, side, 0.0 if stands else way * speed):
                    self._walker(place, d, 0.0 if stands else way * speed, way < 0, stands)
        spots = [s for s in street.zebras if s > self._eye.s + 3 + self._eye.room]
        if not spots and rng.random() < 0.3:
            spots = [self._eye.s + (self._eye.room - 1.0) + float(rng.uniform(8, 30))]
        for s in spots:
            for _ in range(int(rng.integers(0, 4))):
                place, d = float(s + rng.uniform(-1.2, 1.2)), rng.uniform(-0.9, 0.9) * street.half
                if all(abs(place - a) > half + 0.6 or abs(d - b) > 1.4 for a, b, half in self._cars):
                    member = self._library.draw(rng, "walker")
                    across, phase = float(rng.choice([-1, 1]) * rng.uniform(1.0, 1.5)), int(rng.integers(PHASES))
                    self._add(member, "pedestrian", street.road, place, d, 0.0, across=across, phase=phase)

    def _walker_fits(self, s: float, d: float, side: int, speed: float) -> bool:
        street, eye = self._street, self._eye
        if street.in_crossing(s, side, street.crossing.pave if street.crossing else 0.0):
            return False
        if abs(s - eye.s) < 2.2 and abs(d - eye.d) < 1.2:
            return False
        return all(street.free(s + share * speed, d, 0.35) for share in (0.0, 0.6, 1.2))

    def _walker(self, s: float, d: float, speed: float, backwards: bool, stands: bool) -> None:
        rng = self._rng
        member, turn = (
            self._library.draw(rng, "walker"),
            rng.uniform(-math.pi, math.pi) if stands else rng.normal() * 0.08,
        )
        phase = None if stands else int(rng.integers(PHASES))
        self._add(
            member, "pedestrian", self._street.road, s, d, speed, backwards=backwards, up=KERB, phase=phase, part="stand",
            turn=float(turn),
        )  # fmt: skip
        self._street_taken(s, d)

    def _street_taken(self, s: float, d: float) -> None:
        self._cars.append((s, d, 0.3))

    def _riders_first(self) -> None:
        """The cyclists that the camera looks at; others make room for them."""
        rng, street, eye = self._rng, self._street, self._eye
        wanted = {"cyclist": 1.0, "drive": 0.45, "glance": 0.4, "pole": 0.3, "walk": 0.3}[eye.kind]
        if rng.random() >= wanted:
            return
        near = eye.kind == "cyclist"
        for n in range(int(rng.choice([1, 2, 3], p=[0.6, 0.28, 0.12]))):
            s = eye.s + (rng.uniform(3.2, 8.0) if near and n == 0 else rng.uniform(4.5, 15))
            ahead = rng.random() < 0.65
            side = street.side if ahead else -street.side
            d = side * (street.drivable(side) - rng.uniform(0.5, 1.3))
            if near and n == 0:
                d = eye.d + rng.uniform(-0.32, 0.32) * (s - eye.s)
                d = float(np.clip(d, -street.half + 0.4, street.half - 0.4))
            self._rider(s, d, 1 if ahead else -1, side_turn=near and n == 0 and rng.random() < 0.3)

    def _riding(self) -> None:
        rng, street = self._rng, self._street
        for _ in range(int(rng.choice([0, 1, 2, 4], p=[0.15, 0.3, 0.3, 0.25]))):
            side = street.side if rng.random() < 0.6 else -street.side
            s = self._eye.s + 4 + 34 * rng.random()
            d = side * (street.drivable(side) - rng.uniform(0.45, 0.95))
            self._rider(s, d, 1 if side == street.side else -1)

    def _rider(self, s: float, d: float, way: int, side_turn: bool = False) -> None:
        rng = self._rng
        if not self._clear(s, d, 1.9, 1.1) or any(
            abs(s - a) < half + 1.1 and abs(d - b) < 1.35 for a, b, half in self._cars
        ):
            return
        member, phase = self._library.draw(rng, "rider"), int(rng.integers(PHASES))
        if side_turn:
            across = float(rng.choice([-1, 1]) * rng.uniform(2.5, 4.0))
            self._add(member, "bicyclist", self._street.road, s, d, 0.0, across=across, phase=phase)
        else:
            self._add(
                member,
                "bicyclist",
                self._street.road,
                s,
                d,
                way * rng.uniform(3.0, 5.5),
                backwards=way < 0,
                phase=phase,
            )
        self._cars.append((s, d, 0.95))
