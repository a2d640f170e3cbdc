"""The pictures of the demo: float and int8 side by side, and a drive, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import mobileseg
from mobileseg.data.classes import Color
from mobileseg.data.images import Pixels, read_image
from mobileseg.data.overlay import blended, legend

TITLE = 26  # pixels in height
GAP = 6
DIFFERENT: Color = (230, 0, 120)
FRAME_MS = 100  # the samples' drive has ten frames a second
Classes = NDArray[np.int32]


def draw_panels(images: Sequence[Path], model: str, file: str, folder: Path) -> list[Path]:
    """A picture for each of ``images`` in ``folder``: what the float network sees, what the int8 file sees, and where they differ."""
    float_, int8 = mobileseg.predict(model, images), mobileseg.predict(file, images)
    folder.mkdir(exist_ok=True)
    written = []
    for path, one, other in zip(images, float_.images, int8.images, strict=True):
        assert one.classes is not None and other.classes is not None
        pixels = read_image(path)
        drawn = panels(pixels, one.classes, other.classes, float_.names, float_.palette)
        drawn.save(folder / f"{path.stem}.png", optimize=True)
        written.append(folder / f"{path.stem}.png")
    return written


def panels(
    pixels: Pixels, one: Classes, other: Classes, names: tuple[str, ...], palette: tuple[Color, ...]
) -> Image.Image:
    """Three pictures in a row with titles, a legend below: class maps ``(H, W)`` over ``pixels``, and the pixels in which they differ."""
    share = 100 * float(np.mean(one != other))
    titled = [
        ("float", blended(pixels, one, palette)),
        ("int8", blended(pixels, other, palette)),
        (f"different: {share:.1f} % of the pixels", _difference(pixels, one, other)),
    ]
    height, width = pixels.shape[:2]
    row = Image.new("RGB", (3 * width + 2 * GAP, TITLE + height), "white")
    draw, font = ImageDraw.Draw(row), ImageFont.load_default(16)
    for place, (title, picture) in enumerate(titled):
        left = place * (width + GAP)
        draw.text((left + 4, 3), title, fill="black", font=font)
        row.paste(Image.fromarray(picture), (left, TITLE))
    below = legend(one, names, palette, row.width)
    whole = Image.new("RGB", (row.width, row.height + below.height), "white")
    whole.paste(row, (0, 0))
    whole.paste(below, (0, row.height))
    return whole


def animate(frames: Sequence[Path], file: str, target: Path) -> None:
    """An animated WebP of ``frames``: as they are, and with what ``file`` sees in them beside it; it plays for ever."""
    found = mobileseg.predict(file, frames)
    pictures = []
    for one in found.images:
        assert one.classes is not None
        pixels = read_image(one.image)
        both = np.concatenate([pixels, blended(pixels, one.classes, found.palette)], axis=1)
        pictures.append(Image.fromarray(both))
    pictures[0].save(target, save_all=True, append_images=pictures[1:], duration=FRAME_MS, loop=0, quality=80)


def _difference(pixels: Pixels, one: Classes, other: Classes) -> Pixels:
    grey = np.repeat(pixels.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    grey[one != other] = DIFFERENT
    return grey
