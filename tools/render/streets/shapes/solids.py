"""Boxes, tubes, lofts, balls, discs and plates, added to a shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from .mesh import Color, Floats, Shape

_CORNERS = np.array([[x, y, z] for z in (-0.5, 0.5) for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))])
_SIDES = np.array([[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]])


def boxes(shape: Shape, centers: ArrayLike, sizes: ArrayLike, material: str, color: Color | Floats) -> Shape:
    """Many boxes at once; ``color`` may be an array with one linear colour for each."""
    middle = np.asarray(centers, float).reshape(-1, 3)
    size = np.broadcast_to(np.asarray(sizes, float), middle.shape)
    corners = middle[:, None] + _CORNERS * size[:, None]
    faces = _SIDES[None] + 8 * np.arange(len(middle))[:, None, None]
    if isinstance(color, np.ndarray) and color.ndim == 2:
        color = np.repeat(color, 6, 0)
    return shape.add(corners, faces.reshape(-1, 4), material, color)


def box(shape: Shape, center: Sequence[float], size: Sequence[float], material: str, color: Color) -> Shape:
    """One box around ``center``."""
    return boxes(shape, [center], [size], material, color)


def grid_rows(x: Floats, y: float | Floats, z: float | Floats) -> Floats:
    """Centres ``(n, 3)`` from places along x and one or as many y and z."""
    return np.stack(np.broadcast_arrays(x, y, z), -1).astype(float).reshape(-1, 3)


def circle(sides: int, radius: float = 1.0, turn: float = 0.0) -> Floats:
    """Corners ``(sides, 2)`` of a regular polygon."""
    angle = np.arange(sides) * 2 * math.pi / sides + turn
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def loft(
    shape: Shape, rings: Floats, material: str, color: Color | Floats, smooth: bool = True, caps: bool = True
) -> Shape:
    """A skin over closed rings ``(k, n, 3)`` of corners; ``color`` may be an array ``((k - 1) * n, 4)``."""
    count, sides, _ = rings.shape
    i, j = np.meshgrid(np.arange(count - 1), np.arange(sides), indexing="ij")
    following = (j + 1) % sides
    quads = np.stack([i * sides + j, i * sides + following, (i + 1) * sides + following, (i + 1) * sides + j], -1)
    shape.add(rings, quads.reshape(-1, 4), material, color, smooth)
    if caps:
        end = color[:1] if isinstance(color, np.ndarray) and color.ndim == 2 else color
        for ring, step in ((rings[0], -1), (rings[-1], 1)):
            fan(shape, ring[::step], material, np.repeat(end, sides, 0) if isinstance(end, np.ndarray) else end)
    return shape


def fan(shape: Shape, outline: Floats, material: str, color: Color | Floats) -> Shape:
    """A face over an outline ``(n, 3)`` that bulges around its middle; counter-clockwise seen from its front."""
    count = len(outline)
    index = np.arange(count)
    triangles = np.stack([np.full(count, count), index, (index + 1) % count], 1)
    return shape.add(np.vstack([outline, outline.mean(0)]), triangles, material, color)


def tube(
    shape: Shape, points: ArrayLike, radii: ArrayLike, material: str, color: Color, sides: int = 8, caps: bool = True
) -> Shape:
    """A round bar along a line of points."""
    line = np.asarray(points, float)
    radius = np.broadcast_to(np.asarray(radii, float), len(line))
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    aside = np.array([1.0, 0, 0]) if np.abs(along[:, 0]).mean() < 0.8 else np.array([0, 1.0, 0])
    second = np.cross(along, aside)
    second /= np.linalg.norm(second, axis=1, keepdims=True) + 1e-9
    first = np.cross(second, along)
    ring = circle(sides)
    offset = ring[None, :, :1] * first[:, None] + ring[None, :, 1:] * second[:, None]
    return loft(shape, line[:, None] + radius[:, None, None] * offset, material, color, caps=caps)


@lru_cache(maxsize=4)
def sphere(level: int) -> tuple[Floats, Floats]:
    """Corners and triangles of a ball of radius 1, from an octahedron whose edges are halved ``level`` times."""
    points = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    faces = np.array(
        [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]]
    )  # outwards
    for _ in range(level):
        corners = points[faces]
        middles = (corners + np.roll(corners, -1, 1)) / 2
        a, b, c = corners.swapaxes(0, 1)
        ab, bc, ca = middles.swapaxes(0, 1)
        triangles = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], 1).reshape(-1, 3, 3)
        flat = triangles.reshape(-1, 3)
        flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
        points, faces = np.unique(flat.round(9), axis=0, return_inverse=True)
        faces = faces.reshape(-1, 3)
    return points, faces


def ball(
    shape: Shape, center: Sequence[float], radii: float | Sequence[float], material: str, color: Color, level: int = 2
) -> Shape:
    """An ellipsoid."""
    points, faces = sphere(level)
    return shape.add(points * np.asarray(radii) + np.asarray(center, float), faces, material, color, True)


def disc(
    shape: Shape, center: Sequence[float], radius: float, axis: str, thickness: float, material: str, color: Color,
    sides: int = 18,
) -> Shape:  # fmt: skip
    """A short cylinder along ``axis``, x or y."""
    ring = circle(sides, radius)
    outline = np.zeros((sides, 3))
    outline[:, {"x": 1, "y": 0}[axis]], outline[:, 2] = ring[:, 0], ring[:, 1]
    step = np.array([axis == "x", axis == "y", False]) * thickness / 2
    middle = np.asarray(center, float)
    if axis == "y":  # the outline runs the other way around this axis
        outline = outline[::-1]
    return loft(shape, np.stack([middle - step + outline, middle + step + outline]), material, color, smooth=False)


def plate(shape: Shape, outline: Floats, x: float, z: float, material: str, color: Color, depth: float = 0.02) -> Shape:
    """An upright plate that faces -x; its outline ``(n, 2)`` is given to the right and up, as a viewer in front sees it."""
    front = np.stack([np.full(len(outline), x), -outline[:, 0], outline[:, 1] + z], 1)
    return loft(shape, np.stack([front + (depth, 0, 0), front]), material, color, smooth=False)
