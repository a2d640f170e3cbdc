"""What follows a road: where it is at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..parts.poses import PHASES
from .road import Road
from .street import Thing

FRAMES_A_SECOND = 10


@dataclass(frozen=True)
class Mover:
    """``speed`` along s and ``across`` along d in metres a second; ``backwards``: looks against s. ``member`` names a shape of
    the library; ``phase``: of the cycle at the first frame, None for what keeps its shape."""

    member: str
    label: str
    instance: int
    road: Road
    s: float
    d: float
    speed: float
    color: tuple[float, float, float]
    backwards: bool = False
    up: float = 0.0
    across: float = 0.0
    phase: int | None = None
    part: str = "all"
    turn: float = 0.0

    def at(self, frame: int) -> Thing:
        """The object at a frame."""
        time = frame / FRAMES_A_SECOND
        (x, y, z), heading = self.road.place(self.s + self.speed * time, self.d + self.across * time, self.up)
        if self.across:
            heading += math.copysign(math.pi / 2, self.across)
        elif self.backwards:
            heading += math.pi
        heading += self.turn
        pitch = 0.0 if self.label == "pedestrian" else -self.road.terrain.grade(x, y, heading)
        part = self.part if self.phase is None else str((self.phase + frame) % PHASES)
        return Thing(f"{self.member}/{part}", self.label, (x, y, z), heading, pitch, 1.0, self.color, self.instance)


def transform(thing: Thing) -> np.ndarray:
    """The matrix (4, 4) from an object's own coordinates to the world's, as Blender has it: scale, then pitch about y, then z."""
    cos, sin, c, s = math.cos(thing.turn), math.sin(thing.turn), math.cos(thing.pitch), math.sin(thing.pitch)
    matrix = np.eye(4)
    matrix[:3, :3] = thing.scale * np.array([[cos * c, -sin, cos * s], [sin * c, cos, sin * s], [-s, 0, c]])
    matrix[:3, 3] = thing.at
    return matrix
