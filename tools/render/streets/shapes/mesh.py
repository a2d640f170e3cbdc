"""A growing mesh whose faces carry a material and a colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Color = Sequence[float]  # red, green, blue as displayed (sRGB), 0..1; a fourth number is the gloss, 0..1
MATERIALS = ("paint", "tint", "brick", "slab", "asphalt", "grass", "leaf", "glass", "carpaint", "glow")


def linear(color: Color) -> Floats:
    """A displayed colour as linear red, green, blue and gloss."""
    values = np.asarray(color, float)
    return np.append(np.clip(values[:3], 0, 1) ** 2.2, values[3] if len(values) > 3 else 0.0)


@dataclass(frozen=True)
class Arrays:
    """A finished mesh: what Blender's arrays are filled with. ``totals``: corners of each face."""

    vertices: Floats
    corners: NDArray[np.int32]
    totals: NDArray[np.int32]
    materials: NDArray[np.int32]
    colors: Floats
    smooth: NDArray[np.bool_]
    uv: Floats


@dataclass
class _Group:
    vertices: Floats
    faces: NDArray[np.int64]
    material: int
    colors: Floats
    smooth: bool
    uv: Floats | None


class Shape:
    """Groups of faces. Lengths in metres; z is up, x is forward for what has a front."""

    def __init__(self) -> None:
        self._groups: list[_Group] = []

    def __bool__(self) -> bool:
        return bool(self._groups)

    def add(
        self, vertices: ArrayLike, faces: ArrayLike, material: str, color: Color | Floats, smooth: bool = False,
        uv: Floats | None = None,
    ) -> Shape:  # fmt: skip
        """Add faces that all have three or all have four corners.

        ``color``: one displayed colour, or an array (faces, 4) of linear ones. ``uv``: metres on the surface for each vertex;
        without it walls and floors are mapped by their own coordinates.
        """
        points, corners = np.asarray(vertices, float).reshape(-1, 3), np.asarray(faces, int)
        rows = color if isinstance(color, np.ndarray) and color.ndim == 2 else np.tile(linear(color), (len(corners), 1))
        self._groups.append(_Group(points, corners, MATERIALS.index(material), rows, smooth, uv))
        return self

    def join(self, other: Shape, at: Sequence[float] = (0.0, 0.0, 0.0), turn: float = 0.0, scale: float = 1.0) -> Shape:
        """Add another shape: scaled, turned about z, then moved."""
        cos, sin = scale * math.cos(turn), scale * math.sin(turn)
        rotation = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, scale]])
        for group in other._groups:
            moved = group.vertices @ rotation.T + np.asarray(at, float)
            self._groups.append(_Group(moved, group.faces, group.material, group.colors, group.smooth, group.uv))
        return self

    def darken(self, factor: float) -> Shape:
        """Multiply every colour so far."""
        for group in self._groups:
            group.colors = group.colors * (factor, factor, factor, 1.0)
        return self

    @property
    def vertices(self) -> Floats:
        """All corners, ``(n, 3)``."""
        return np.concatenate([group.vertices for group in self._groups]) if self._groups else np.zeros((0, 3))

    def bounds(self) -> tuple[Floats, Floats]:
        """The lowest and the highest corner of the box around the shape."""
        return self.vertices.min(0), self.vertices.max(0)

    def _surface(self) -> Floats:
        """Surface coordinates of all corners, mapped in one go for faces with as many corners."""
        parts: list[Floats | None] = [None if g.uv is None else g.uv[g.faces.ravel()] for g in self._groups]
        for corners in (3, 4):
            chosen = [n for n, g in enumerate(self._groups) if g.uv is None and g.faces.shape[1] == corners]
            if chosen:
                mapped = _mapped(np.concatenate([self._groups[n].vertices[self._groups[n].faces] for n in chosen]))
                ends = np.cumsum([len(self._groups[n].faces) for n in chosen])[:-1]
                for n, part in zip(chosen, np.split(mapped, ends), strict=True):
                    parts[n] = part.reshape(-1, 2)
        return np.concatenate([part for part in parts if part is not None])

    def arrays(self) -> Arrays:
        """The mesh as flat arrays."""
        starts = np.cumsum([0] + [len(group.vertices) for group in self._groups])
        totals = np.concatenate([np.full(len(g.faces), g.faces.shape[1], np.int32) for g in self._groups])
        return Arrays(
            self.vertices,
            np.concatenate([(g.faces + n).ravel() for g, n in zip(self._groups, starts, strict=False)]).astype(
                np.int32
            ),
            totals,
            np.concatenate([np.full(len(g.faces), g.material, np.int32) for g in self._groups]),
            np.concatenate([g.colors for g in self._groups]),
            np.concatenate([np.full(len(g.faces), g.smooth) for g in self._groups]),
            self._surface(),
        )


def _mapped(points: Floats) -> Floats:
    """Surface coordinates ``(faces, corners, 2)`` of faces ``(faces, corners, 3)``: plan for level ones, length and height for walls."""
    (ax, ay, az), (bx, by, bz) = (points[:, 1] - points[:, 0]).T, (points[:, 2] - points[:, 0]).T
    normal = np.abs(np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], 1))
    flat = (normal[:, 2] > 0.9 * np.sqrt((normal**2).sum(1)))[:, None]
    across = np.where(flat | (normal[:, 1] > normal[:, 0])[:, None], points[..., 0], points[..., 1])
    return np.stack([across, np.where(flat, points[..., 1], points[..., 2])], -1)
