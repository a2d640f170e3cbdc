"""A road's middle line, and ribbons along it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..shapes.mesh import Color, Floats, Shape
from .terrain import Terrain

_CELL = 1.5  # of a ribbon: fine enough that faces laid upon one another follow the ground alike


@dataclass(frozen=True)
class Bend:
    """A curve from one place along the road to another; ``rate`` in radians a metre."""

    rate: float = 0.0
    start: float = 0.0
    end: float = 1.0


class Road:
    """Places are given as s (metres along) and d (metres to the left of the middle)."""

    def __init__(
        self, terrain: Terrain, origin: tuple[float, float], heading: float, span: tuple[float, float], bend: Bend
    ) -> None:
        self.terrain, self.span = terrain, span
        self._s = np.arange(span[0], span[1] + 1e-6, 0.5)
        share = np.clip(np.minimum(self._s - bend.start, bend.end - self._s) / 12, 0, 1)
        turn = np.cumsum(bend.rate * share) * 0.5
        zero = int(np.argmin(np.abs(self._s)))
        self._heading = heading + turn - turn[zero]
        x, y = np.cumsum(np.cos(self._heading)) * 0.5, np.cumsum(np.sin(self._heading)) * 0.5
        self._x, self._y = x - x[zero] + origin[0], y - y[zero] + origin[1]

    def at(self, s: ArrayLike, d: ArrayLike = 0.0) -> tuple[Floats, Floats, Floats]:
        """x, y and the heading there."""
        heading = np.interp(s, self._s, self._heading)
        x = np.interp(s, self._s, self._x) - np.asarray(d) * np.sin(heading)
        return x, np.interp(s, self._s, self._y) + np.asarray(d) * np.cos(heading), heading

    def place(self, s: float, d: float, up: float = 0.0) -> tuple[tuple[float, float, float], float]:
        """A point ``up`` metres above the ground, and the heading."""
        x, y, heading = (float(v) for v in self.at(s, d))
        return (x, y, float(self.terrain.height(x, y)) + up), heading

    def points(self, s: Floats, d: ArrayLike, up: ArrayLike) -> Floats:
        """Points ``(..., 3)`` above the ground."""
        x, y, _ = self.at(s, d)
        return np.stack([x, y, self.terrain.height(x, y) + up], -1)

    def ribbon(
        self, shape: Shape, s: tuple[float, float], d: tuple[float, float], up: float, material: str, color: Color,
        cell: float = _CELL,
    ) -> None:  # fmt: skip
        """A surface between two places along and two across the road."""
        (s0, s1), (d0, d1) = s, sorted(d)
        if s1 - s0 < 0.02 or d1 - d0 < 0.005:
            return
        along = np.linspace(s0, s1, max(2, math.ceil((s1 - s0) / cell) + 1))
        across = np.linspace(d0, d1, max(2, math.ceil((d1 - d0) / cell) + 1))
        grid_s, grid_d = np.meshgrid(along, across, indexing="ij")
        points = self.points(grid_s.ravel(), grid_d.ravel(), up)
        i, j = np.meshgrid(np.arange(len(along) - 1), np.arange(len(across) - 1), indexing="ij")
        first = (i * len(across) + j).ravel()
        faces = np.stack([first, first + len(across), first + len(across) + 1, first + 1], 1)
        shape.add(points, faces, material, color, uv=np.stack([grid_s.ravel(), grid_d.ravel()], 1))

    def lip(self, shape: Shape, s: Floats, d: Floats, up: tuple[float, float], material: str, color: Color) -> None:
        """An upright band along a line of places, from one height above the ground to another."""
        low, high = self.points(s, d, up[0]), self.points(s, d, up[1])
        index = np.arange(len(s) - 1)
        faces = np.stack([index, index + 1, len(s) + index + 1, len(s) + index], 1)
        shape.add(np.concatenate([low, high]), faces, material, color)

    def lip_along(
        self, shape: Shape, s: tuple[float, float], d: float, up: tuple[float, float], material: str, color: Color
    ) -> None:
        """A straight lip."""
        if s[1] - s[0] > 0.05:
            along = np.linspace(*s, max(2, math.ceil((s[1] - s[0]) / _CELL) + 1))
            self.lip(shape, along, np.full(len(along), d), up, material, color)
