"""The true motion of what is seen, from one frame of a drive to the next.

Each pixel's point in space is moved as its object moves, walkers' and cyclists' limbs with their joints, and seen through the next
frame's camera. The sky only turns with the camera.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..plan.movers import Mover, transform
from .exact import Exact
from .projection import FAR, Floats, Lens

_TOLERANCE = 0.02  # of the depth, for a point to count as seen again
UNIT = 1 / 16  # pixels


def motion(now: Exact, lens: Lens, later_lens: Lens, movers: tuple[Mover, ...], frame: int) -> tuple[Floats, Floats]:
    """Motion ``(h, w, 2)`` in pixels to the right and down, in whole units of a file, and the depth ``(h, w)`` of the points then."""
    sky = now.depth > FAR
    points = lens.to_world(np.where(sky, FAR, now.depth))
    for mover in movers:
        inside = now.instances == mover.instance
        if not inside.any():
            continue
        before, after = transform(mover.at(frame)), transform(mover.at(frame + 1))
        rigid = (points[inside] - before[:3, 3]) @ np.linalg.inv(before[:3, :3]).T
        own = rigid if mover.phase is None else now.following[inside]
        points[inside] = own @ after[:3, :3].T + after[:3, 3]
    # The sky is infinitely far: only the camera's turn moves it.
    points = np.where(sky[..., None], points - lens.matrix[:3, 3] + later_lens.matrix[:3, 3], points)
    place, depth = later_lens.project(points)
    columns, rows = np.meshgrid(np.arange(lens.width) + 0.5, np.arange(lens.height) + 0.5)
    return np.round((place - np.stack([columns, rows], -1)) / UNIT) * UNIT, depth


def seen_again(flow: Floats, depth: Floats, now: Exact, later: Exact) -> NDArray[np.bool_]:
    """Where the point is in the next picture: inside of it, not covered, of the same class and instance."""
    height, width = depth.shape
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    x = np.floor(columns + 0.5 + flow[..., 0]).astype(int)
    y = np.floor(rows + 0.5 + flow[..., 1]).astype(int)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height) & (depth > 0)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    found = later.depth[y, x]
    both_sky = (now.depth > FAR) & (found > FAR)
    near = np.abs(found - depth) <= _TOLERANCE * np.maximum(depth, 1.0) + _change(later.depth)[y, x]
    same = (later.mask[y, x] == now.mask) & (later.instances[y, x] == now.instances)
    result: NDArray[np.bool_] = inside & (both_sky | near) & same
    return result


def _change(depth: Floats) -> Floats:
    """How much the depth of a surface changes from pixel to pixel: the smaller step of the two sides of each axis, so that edges of
    things do not count."""
    total = np.zeros_like(depth)
    for axis in (0, 1):
        step = np.abs(np.diff(depth, axis=axis))
        width = [(0, 0), (0, 0)]
        width[axis] = (1, 1)
        padded = np.pad(step, width, mode="edge")
        total += np.minimum(*(np.take(padded, np.arange(n, n + depth.shape[axis]), axis) for n in (0, 1)))
    return total


def stored(flow: Floats, seen: NDArray[np.bool_], step: int = 1) -> dict[str, NDArray[np.generic]]:
    """What a file holds: every ``step``-th pixel's motion, int16 in sixteenths of a pixel of the full picture, 0 where the point
    is not seen again."""
    chosen, kept = flow[::step, ::step], seen[::step, ::step]
    whole = np.where(kept[..., None], np.round(chosen / UNIT), 0)
    return {"motion": np.clip(whole, -32768, 32767).astype(np.int16), "seen": kept}
