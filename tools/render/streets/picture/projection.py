"""Pixels and points in space. Pixel (row i, column j) has its middle at (i + 0.5, j + 0.5)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FAR = 1e4  # metres: what is further away is the sky


@dataclass(frozen=True)
class Lens:
    """A pinhole camera; ``matrix`` (4, 4) brings its coordinates (x right, y up, looking along -z) to the world's."""

    matrix: Floats
    fov: float  # radians across the longer side
    height: int
    width: int

    @property
    def focal(self) -> float:
        """In pixels."""
        return 0.5 * max(self.width, self.height) / math.tan(0.5 * self.fov)

    def rays(self) -> Floats:
        """For each pixel the direction in the camera's coordinates whose z is -1: ``(h, w, 3)``."""
        x = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal
        y = (self.height / 2 - np.arange(self.height) - 0.5) / self.focal
        grid_x, grid_y = np.meshgrid(x, y)
        return np.stack([grid_x, grid_y, -np.ones_like(grid_x)], -1)

    def to_world(self, depth: Floats) -> Floats:
        """Points ``(h, w, 3)`` from depths along the camera's axis."""
        points: Floats = (self.rays() * depth[..., None]) @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return points

    def to_camera(self, points: Floats) -> Floats:
        """World points in the camera's coordinates."""
        moved: Floats = (points - self.matrix[:3, 3]) @ self.matrix[:3, :3]
        return moved

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Places ``(..., 2)`` as x to the right and y down in pixels, and depths; behind the camera depths are negative."""
        seen = self.to_camera(points)
        depth = -seen[..., 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        x = seen[..., 0] / safe * self.focal + self.width / 2
        y = self.height / 2 - seen[..., 1] / safe * self.focal
        return np.stack([x, y], -1), depth
