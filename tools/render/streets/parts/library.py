"""Shapes that many scenes share, each made from the data set's seed and its own number when it is first asked for."""

from __future__ import annotations

import numpy as np

from ..shapes.mesh import Floats, Shape
from . import big_vehicles, cars, fences, poles, signals, signs, small, trees
from .bicycles import cyclist, draw_rider
from .people import draw_look, walker
from .poses import PHASES

SIZES = {
    "tree": 60, "bush": 16, "hedge": 10, "lamp": 14, "bollard": 8, "mast": 4, "flag": 4, "light": 10, "sign": 60, "thing": 16,
    "shelter": 4, "fence": 42, "car": 44, "bus": 5, "lorry": 5, "walker": 56, "rider": 32,
}  # fmt: skip
CAR_SHARES = {
    "hatchback": 5.0, "saloon": 3.5, "estate": 3.0, "offroad": 3.0, "small": 2.0, "van": 1.8, "people carrier": 1.6, "pickup": 0.6,
}  # fmt: skip


class Library:
    """``key`` is kind/number/part: a class for what stands, a phase for walkers (``stand`` too) and riders, ``all`` else."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made: dict[str, dict[str, Shape]] = {}
        self._areas: dict[int, tuple[float, float]] = {}

    def draw(self, rng: np.random.Generator, kind: str) -> str:
        """Kind and number of a random member, such as ``tree/17``."""
        return f"{kind}/{int(rng.integers(SIZES[kind]))}"

    def parts(self, member: str) -> dict[str, Shape]:
        """The shapes of a member by their last name."""
        if member not in self._made:
            kind, number = member.split("/")
            code = sorted(SIZES).index(kind)
            self._made[member] = self._make(
                kind, int(number), np.random.default_rng([self._seed, 7_000_000 + code, int(number)])
            )
        return self._made[member]

    def shape(self, key: str) -> Shape:
        """One shape by its full key."""
        member, _, part = key.rpartition("/")
        return self.parts(member)[part]

    def following(self, key: str) -> Floats | None:
        """Where the corners of a walker's or rider's shape are a tenth of a second later, in its own coordinates."""
        member, _, part = key.rpartition("/")
        if not part.isdigit():
            return None
        return self.parts(member)[str((int(part) + 1) % PHASES)].vertices

    def fence_area(self, member: str) -> tuple[float, float]:
        """From where to where a panel counts as closed."""
        self.parts(member)
        return self._areas[int(member.split("/")[1])]

    def _make(self, kind: str, number: int, rng: np.random.Generator) -> dict[str, Shape]:
        if kind == "car":
            names = list(CAR_SHARES)
            shares = np.array(list(CAR_SHARES.values()))
            return {"all": cars.car(rng, str(rng.choice(names, p=shares / shares.sum())))}
        if kind == "walker":
            look = draw_look(rng)
            return {str(phase): walker(look, phase) for phase in range(PHASES)} | {"stand": walker(look, None)}
        if kind == "rider":
            rider = draw_rider(rng)
            return {str(phase): cyclist(rider, phase) for phase in range(PHASES)}
        if kind == "fence":
            shape, area = fences.panel(rng, fences.KINDS[number % len(fences.KINDS)])
            self._areas[number] = area
            return {"all": shape}
        single = {
            "tree": lambda: trees.tree(rng, trees.draw_kind(rng)),
            "bush": lambda: trees.bush(rng, rng.uniform(0.9, 2.0), rng.uniform(0.9, 1.5), rng.uniform(0.7, 1.8)),
            "hedge": lambda: trees.bush(rng, 2.1, rng.uniform(0.5, 0.9), rng.uniform(0.9, 1.9), clipped=True),
            "bus": lambda: big_vehicles.bus(rng),
            "lorry": lambda: big_vehicles.lorry(rng),
        }
        if kind in single:
            return {"all": single[kind]()}
        makers = {
            "lamp": poles.lamp, "bollard": poles.bollard, "mast": poles.mast, "flag": poles.flag_pole,
            "light": signals.traffic_light, "sign": signs.sign, "thing": small.street_thing, "shelter": small.shelter,
        }  # fmt: skip
        return makers[kind](rng)
