"""Fence panels as closed areas in the labels: people outline a fence, not its bars, and bars thinner than a pixel have no clean
label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .projection import Floats, Lens

_NEAR = 0.1  # metres


def cover(depth: Floats, panels: Sequence[Floats], lens: Lens) -> tuple[NDArray[np.bool_], Floats]:
    """Where a panel (corners ``(4, 3)``, flat) is the first thing that a ray meets, and the depths with the panels in them."""
    nearest, covered = depth.copy(), np.zeros(depth.shape, bool)
    rays = lens.rays()
    for panel in panels:
        corners = lens.to_camera(panel)
        if (corners[:, 2] > -_NEAR).all() or -corners[:, 2].max() > 120:
            continue
        inside = _inside(corners, lens)
        if inside is None:
            continue
        rows, columns = inside
        normal = np.cross(corners[1] - corners[0], corners[3] - corners[0])
        facing = rays[rows, columns] @ normal
        with np.errstate(divide="ignore", invalid="ignore"):
            away = (corners[0] @ normal) / facing
        # A bar of the panel itself lies a little before or behind its plane.
        first = np.isfinite(away) & (away > _NEAR) & (away < nearest[rows, columns] + 0.08)
        covered[rows[first], columns[first]] = True
        nearest[rows[first], columns[first]] = np.minimum(away[first], nearest[rows[first], columns[first]])
    return covered, nearest


def _inside(corners: Floats, lens: Lens) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Rows and columns of the pixels whose middle lies in the projected panel."""
    clipped = _clip(corners)
    if len(clipped) < 3:
        return None
    x = clipped[:, 0] / -clipped[:, 2] * lens.focal + lens.width / 2
    y = lens.height / 2 + clipped[:, 1] / clipped[:, 2] * lens.focal
    left, right = max(0, int(np.floor(x.min()))), min(lens.width, int(np.ceil(x.max())) + 1)
    top, bottom = max(0, int(np.floor(y.min()))), min(lens.height, int(np.ceil(y.max())) + 1)
    if left >= right or top >= bottom:
        return None
    columns, rows = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
    px, py = columns + 0.5, rows + 0.5
    side = np.stack(
        [
            (b - a) * (py - c) - (d - c) * (px - a)
            for a, b, c, d in zip(x, np.roll(x, -1), y, np.roll(y, -1), strict=True)
        ]
    )
    chosen = (side >= 0).all(0) | (side <= 0).all(0)
    return rows[chosen], columns[chosen]


def _clip(corners: Floats) -> Floats:
    """The part of a polygon in front of the camera."""
    kept: list[Floats] = []
    for here, after in zip(corners, np.roll(corners, -1, 0), strict=True):
        a, b = -here[2] - _NEAR, -after[2] - _NEAR
        if a >= 0:
            kept.append(here)
        if (a >= 0) != (b >= 0):
            kept.append(here + (after - here) * (a / (a - b)))
    return np.array(kept).reshape(-1, 3)
