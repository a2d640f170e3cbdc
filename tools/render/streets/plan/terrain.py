"""The height of the ground: a few long waves, so that streets rise and fall a little."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ..shapes.mesh import Floats

STEEPEST = 0.055  # metres a metre


class Terrain:
    """A smooth height over the plane; 0 at the origin."""

    def __init__(self, rng: np.random.Generator) -> None:
        slope = STEEPEST * float(rng.choice([0.08, rng.uniform(0.2, 0.6), 1.0], p=[0.35, 0.45, 0.2]))
        length, way, self._phase = (
            rng.uniform(140, 320, 3),
            rng.uniform(0, 2 * math.pi, 3),
            rng.uniform(0, 2 * math.pi, 3),
        )
        wave = 2 * math.pi / length
        self._x, self._y = wave * np.cos(way), wave * np.sin(way)
        self._rise = slope * np.array([0.5, 0.3, 0.2]) / wave
        self._base = 0.0
        self._base = float(self.height(0.0, 0.0))

    def height(self, x: ArrayLike, y: ArrayLike) -> Floats:
        """Metres above the origin."""
        x, y = np.asarray(x, float)[..., None], np.asarray(y, float)[..., None]
        total: Floats = (self._rise * np.sin(x * self._x + y * self._y + self._phase)).sum(-1) - self._base
        return total

    def grade(self, x: float, y: float, heading: float) -> float:
        """The angle of the slope in a direction, in radians."""
        step = 1.0
        ahead = self.height(x + step * math.cos(heading), y + step * math.sin(heading))
        behind = self.height(x - step * math.cos(heading), y - step * math.sin(heading))
        return math.atan2(float(ahead - behind), 2 * step)
