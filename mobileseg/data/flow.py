"""Optical flow: the motion of what is seen, from one frame of a film to the next, and the files that hold it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mobileseg.errors import DatasetError
from mobileseg.metrics.temporal import grid

UNIT = 1 / 16  # pixels: the unit of a file's motion
HOW = "write motion (h, w, 2) int16 in sixteenths of a pixel, to the right and down, and seen (h, w) bool, with numpy.savez"


@dataclass(frozen=True)
class Flow:
    """Motion of the points in the middle of every ``step``-th pixel of every ``step``-th row.

    ``motion``: ``(h, w, 2)`` float32, pixels of the picture to the right and down. ``seen``: ``(h, w)``, whether the point is seen in the
    next frame: inside of the picture and not covered.
    """

    motion: NDArray[np.float32]
    seen: NDArray[np.bool_]
    step: int


def read_flow(path: Path, size: tuple[int, int]) -> Flow:
    """The flow in an .npz file, for frames of ``size`` (height, width). Its step follows from the sizes.

    The file holds ``motion`` ``(h, w, 2)`` int16, in sixteenths of a pixel of the picture, and ``seen`` ``(h, w)`` bool, as
    tools/render/README.md describes. Raises ``DatasetError`` for a file that does not, or not at this size.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            motion, seen = (np.asanyarray(content[name]) for name in ("motion", "seen"))
    except Exception as error:  # archives, headers and arrays that are damaged raise nearly anything
        raise DatasetError(
            expected="optical flow: an .npz with motion and seen",
            found=f"{path}: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            fix=HOW,
        ) from error
    if motion.dtype != np.int16 or seen.dtype != np.bool_ or motion.shape != (*seen.shape, 2) or seen.ndim != 2:
        raise DatasetError(
            expected="motion (h, w, 2) int16 and seen (h, w) bool",
            found=f"{motion.shape} {motion.dtype} and {seen.shape} {seen.dtype} in {path}",
            fix=HOW,
        )
    return Flow(motion.astype(np.float32) * np.float32(UNIT), seen, _step(seen.shape, size, path))


def _step(found: tuple[int, ...], size: tuple[int, int], path: Path) -> int:
    """The one step at which a picture of ``size`` has so many rows and columns."""
    steps = [step for step in range(1, max(size) + 1) if grid(size, step) == found]
    if len(steps) != 1:
        halves = "x".join(map(str, grid(size, 2)))
        raise DatasetError(
            expected=f"flow for frames of {size[0]}x{size[1]}: of that size, or at every second pixel, {halves}, or third, ...",
            found=f"{found[0]}x{found[1]} in {path}" + (", which fits more than one step" if steps else ""),
            fix="write the flow of these frames, in their size",
        )
    return steps[0]
