"""Images as arrays: 8-bit RGB, grey or palette; anything else is refused, not silently converted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.file_types import OTHER_SUFFIXES, SUFFIXES, readable
from mobileseg.data.opening import ImageSource, decode, is_deep, upright
from mobileseg.errors import ImageError

log = logging.getLogger(__name__)

READABLE = ("RGB", "L", "P")
SMALLEST_SIDE = 8  # pixels: smaller images are useless for segmentation

Pixels = NDArray[np.uint8]
Batch = NDArray[np.float32]


def find_images(folder: Path) -> list[Path]:
    """The image files directly in ``folder``, sorted by name. Images that cannot be read here are left out, and counted in a note.
    Raises ``ImageError`` where there are none."""
    if not folder.is_dir():
        raise ImageError(expected="a folder of images", found=f"no folder at {folder}", fix="check the path")
    files = [p for p in folder.iterdir() if not p.name.startswith(".")]
    found = sorted(p for p in files if readable(p))
    skipped = left_out(p for p in files if not readable(p))
    if not found:
        raise ImageError(
            expected=f"images ({', '.join(SUFFIXES)})",
            found=f"none directly in {folder}" + (f"; {skipped}" if skipped else ""),
            fix="give the folder that contains the images" + (", as PNG or JPEG" if skipped else ""),
        )
    if skipped:
        log.info("%s in %s", skipped, folder)
    return found


def left_out(files: Iterable[Path]) -> str:
    """How many images there are among ``files`` of kinds that are not read here, as in "left out 3 .heic"; "" for none."""
    counts = Counter(file.suffix.lower() for file in files if file.suffix.lower() in OTHER_SUFFIXES)
    return "left out " + ", ".join(f"{count} {suffix}" for suffix, count in sorted(counts.items())) if counts else ""


def read_image(source: ImageSource) -> Pixels:
    """Read an image as ``(H, W, 3)`` uint8 RGB, upright according to its EXIF orientation. Raises ``ImageError`` for anything but 8-bit
    RGB, grey or palette."""
    image, deep = decode(source)
    return rgb_pixels(image, source, deep)


def rgb_pixels(image: Image.Image, name: object, deep: bool | None = None) -> Pixels:
    """The pixels of a PIL image as ``read_image`` gives them, with its checks. ``name``: for messages. ``deep``: whether it was read from
    16 bits per channel, which a decoded image no longer says; None: as far as it does."""
    _check_mode(image, name, is_deep(image) if deep is None else deep)
    seen = upright(image)
    if min(seen.size) < SMALLEST_SIDE:
        raise ImageError(
            expected=f"an image of at least {SMALLEST_SIDE}x{SMALLEST_SIDE} pixels",
            found=f"{name} with {seen.height}x{seen.width} (height x width)",
            fix="remove this image",
        )
    return np.asarray(seen if seen.mode == "RGB" else seen.convert("RGB"))


def _check_mode(image: Image.Image, name: object, deep: bool) -> None:
    opaque = not image.has_transparency_data or image.convert("RGBA").getextrema()[-1] == (255, 255)
    if not deep and opaque and image.mode in (*READABLE, "RGBA", "LA"):
        return
    raise ImageError(
        expected="8-bit RGB, grey or palette pixels",
        found=f"{name} is {'16-bit ' if deep else ''}{image.mode}{'' if opaque else ' with transparent pixels'}",
        fix="convert it to 8-bit RGB (Pillow: Image.open(path).convert('RGB').save(...)) and check the result",
    )


def to_batch(image: Pixels, height: int, width: int) -> Batch:
    """The input of every artifact, from an image ``(H, W, 3)`` uint8 RGB: ``(1, 3, height, width)`` float32 in 0..255, contiguous, in
    newly allocated memory.

    Resized bilinearly in float32, without rounding to integers, and with antialiasing when shrinking. The aspect ratio is not kept.
    """
    size = (width, height)
    planes = [Image.fromarray(image[:, :, i].astype(np.float32)) for i in range(3)]
    if image.shape[:2] != (height, width):
        planes = [plane.resize(size, Image.Resampling.BILINEAR) for plane in planes]
    # reshape, not [None], which leaves a stride of 0 that ExecuTorch's exporter refuses in an example input.
    return np.stack([np.asarray(plane, dtype=np.float32) for plane in planes]).reshape(1, 3, height, width)


def read_batch(source: ImageSource, height: int, width: int) -> Batch:
    """``to_batch`` of an encoded image. Raises ``ImageError``."""
    return to_batch(read_image(source), height, width)


def eight_bit(batch: Batch) -> Batch:
    """``batch`` with its pixels rounded to the whole numbers from 0 to 255 that a picture holds."""
    return np.clip(np.rint(batch), 0, 255)


def evenly(count: int, most: int) -> list[int]:
    """At most ``most`` indices below ``count``, evenly spaced, first and last included."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def check_images(sources: Sequence[ImageSource]) -> None:
    """Decode every image once. Raises ``ImageError`` for the first that cannot be used."""
    for source in sources:
        read_image(source)
