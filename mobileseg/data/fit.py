"""How a picture of any size becomes the input of a file, which has one size.

``squash``: the whole picture, its proportions given up. ``letterbox``: the whole picture in its proportions, between bars in the mean
colour of the network's normalisation, which are zero inside the network. ``crop``: the largest part in the input's proportions, from
the middle. Rows and columns follow from whole numbers alone, so that another program finds the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.images import Batch, Pixels, read_image, to_batch
from mobileseg.data.opening import ImageSource
from mobileseg.errors import RequestError

ResizeMode = Literal["squash", "letterbox", "crop"]
SQUASH: ResizeMode = "squash"
RESIZE_MODES: tuple[ResizeMode, ...] = get_args(ResizeMode)

Kind = TypeVar("Kind", bound=np.generic)


class Region(NamedTuple):
    """A rectangle in pixels: of its first row and column, and its size."""

    top: int
    left: int
    height: int
    width: int

    @property
    def size(self) -> tuple[int, int]:
        """Height, width."""
        return self.height, self.width

    def of(self, array: NDArray[Kind]) -> NDArray[Kind]:
        """This part of ``(H, W, ...)``, as a view."""
        return array[self.top : self.top + self.height, self.left : self.left + self.width]


class Placement(NamedTuple):
    """Where a picture is in an input. ``seen``: the part of the picture that is; ``filled``: where it is in the input of ``size`` (height,
    width). ``picture``: height, width of the whole picture."""

    seen: Region
    filled: Region
    size: tuple[int, int]
    picture: tuple[int, int]

    def whole(self, found: NDArray[Kind], unseen: int) -> NDArray[Kind]:
        """A map of the picture ``(H, W)`` from one of the part that is seen; ``unseen`` elsewhere."""
        if self.seen.size == self.picture:
            return found
        every = np.full(self.picture, unseen, dtype=found.dtype)
        self.seen.of(every)[:] = found
        return every


@dataclass(frozen=True)
class Fit:
    """How pictures become an input of ``size`` (height, width). ``bars``: the colour of letterbox bars, RGB in 0..255."""

    size: tuple[int, int]
    mode: ResizeMode = SQUASH
    bars: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def place(self, size: tuple[int, int]) -> Placement:
        """Where a picture of ``size`` (height, width) is in the input."""
        (height, width), (rows, columns) = size, self.size
        seen, filled = Region(0, 0, height, width), Region(0, 0, rows, columns)
        tall = height * columns >= width * rows  # taller in its proportions than the input
        if self.mode == "letterbox":
            if tall:
                across = max(1, _divided(width * rows, height))
                filled = Region(0, (columns - across) // 2, rows, across)
            else:
                down = max(1, _divided(height * columns, width))
                filled = Region((rows - down) // 2, 0, down, columns)
        elif self.mode == "crop":
            if tall:
                down = max(1, _divided(width * rows, columns))
                seen = Region((height - down) // 2, 0, down, width)
            else:
                across = max(1, _divided(height * columns, rows))
                seen = Region(0, (width - across) // 2, height, across)
        return Placement(seen, filled, self.size, size)

    def seen(self, array: NDArray[Kind]) -> NDArray[Kind]:
        """The part of ``(H, W, ...)``, such as the labels of a picture, that the input shows."""
        return self.place((array.shape[0], array.shape[1])).seen.of(array)

    def batch(self, pixels: Pixels) -> Batch:
        """The input ``(1, 3, *size)`` float32 in 0..255 of a picture ``(H, W, 3)`` uint8 RGB, resized as by ``to_batch``."""
        seen, filled, (rows, columns), _ = self.place((pixels.shape[0], pixels.shape[1]))
        part = to_batch(seen.of(pixels), *filled.size)
        if filled.size == self.size:
            return part
        whole = np.empty((1, 3, rows, columns), dtype=np.float32)
        whole[:] = np.array(self.bars, dtype=np.float32)[:, None, None]
        filled.of(whole[0].transpose(1, 2, 0))[:] = part[0].transpose(1, 2, 0)
        return whole

    def read(self, source: ImageSource) -> Batch:
        """``batch`` of an encoded picture. Raises ``ImageError``."""
        return self.batch(read_image(source))


def resize_words(mode: ResizeMode) -> str:
    """What becomes of a picture, in words."""
    return {
        "squash": "squashed to this size",
        "letterbox": "letterboxed (whole, between bars)",
        "crop": "cropped (the middle)",
    }[mode]


def check_resize(mode: str) -> ResizeMode:
    """``mode``, if it is one. Raises ``RequestError``."""
    for known in RESIZE_MODES:
        if mode == known:
            return known
    raise RequestError(expected=f"--resize {', '.join(RESIZE_MODES)}", found=repr(mode), fix="choose one of them")


def _divided(numerator: int, denominator: int) -> int:
    """To the nearest whole number, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
