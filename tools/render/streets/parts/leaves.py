"""Foliage: dark lumps for the mass of a crown, many small leaves for its outline."""

from __future__ import annotations

import numpy as np

from ..shapes.mesh import Floats, Shape
from ..shapes.solids import sphere


def directions(rng: np.random.Generator, count: int) -> Floats:
    """Unit vectors."""
    ray = rng.normal(size=(count, 3))
    unit: Floats = ray / (np.linalg.norm(ray, axis=1, keepdims=True) + 1e-9)
    return unit


def lumps(
    shape: Shape, centers: Floats, radii: Floats, green: Floats, rng: np.random.Generator, level: int = 2
) -> None:
    """Uneven dark balls that keep a crown from being seen through."""
    points, faces = sphere(level)
    dark = green * (0.42, 0.42, 0.42, 1)
    for center, radius in zip(centers, radii, strict=True):
        uneven = points * (0.84 * radius * rng.uniform(0.82, 1.12, (len(points), 1)))
        shape.add(uneven + center, faces, "leaf", np.tile(dark, (len(faces), 1)))


def leaves(
    shape: Shape, centers: Floats, radii: Floats, count: int, size: float, green: Floats, rng: np.random.Generator
) -> None:
    """Small quads near the surface of the balls, lighter on top than below."""
    ball = rng.choice(len(centers), count, p=radii**2 / (radii**2).sum())
    ray = directions(rng, count)
    at = centers[ball] + ray * (radii[ball] * rng.uniform(0.74, 1.16, count))[:, None]
    first = np.cross(ray + 0.7 * rng.normal(size=(count, 3)), rng.normal(size=(count, 3)))
    first /= np.linalg.norm(first, axis=1, keepdims=True) + 1e-9
    second = np.cross(first, ray + 0.5 * rng.normal(size=(count, 3)))
    second /= np.linalg.norm(second, axis=1, keepdims=True) + 1e-9
    reach = (size * rng.uniform(0.6, 1.35, count))[:, None]
    quads = np.stack([at - first * reach, at - second * reach * 0.6, at + first * reach, at + second * reach * 0.6], 1)
    tone = rng.uniform(0.65, 1.3, (count, 1)) * (0.85 + 0.3 * (ray[:, 2:] > 0))
    colors = np.hstack([green[None, :3] * tone, np.zeros((count, 1))])
    shape.add(quads, np.arange(4 * count).reshape(-1, 4), "leaf", colors)
