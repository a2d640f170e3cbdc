"""Reading images: 8-bit RGB, grey or palette; anything else is refused, not silently converted."""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mobileseg.errors import ImageError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm", ".tif", ".tiff")
READABLE = ("RGB", "L", "P")
SMALLEST_SIDE = 8  # pixels: smaller images are useless for segmentation

Pixels = NDArray[np.uint8]
Batch = NDArray[np.float32]


def find_images(folder: Path) -> list[Path]:
    """The image files directly in ``folder``, sorted by name. Raises ``ImageError`` where there are none."""
    if not folder.is_dir():
        raise ImageError(expected="a folder of images", found=f"no folder at {folder}", fix="check the path")
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    if not found:
        raise ImageError(
            expected=f"images ({', '.join(SUFFIXES)})",
            found=f"none directly in {folder}",
            fix="give the folder that contains the images",
        )
    return found


def read_image(path: Path) -> Pixels:
    """Read an image as ``(H, W, 3)`` uint8 RGB, upright according to its EXIF orientation. Raises ``ImageError`` for anything but 8-bit
    RGB, grey or palette."""
    with open_image(path) as image:
        return rgb_pixels(image, path, is_16_bit(path))


def rgb_pixels(image: Image.Image, name: object, deep: bool | None = None) -> Pixels:
    """The pixels of a PIL image as ``read_image`` gives them, with its checks. ``name``: for messages. ``deep``: whether it was read from
    16 bits per channel, which a decoded image no longer says; None: as far as it does."""
    _check_mode(image, name, _is_deep(image) if deep is None else deep)
    try:
        upright = ImageOps.exif_transpose(image)
    except (SyntaxError, ValueError, KeyError, TypeError, struct.error, OSError) as error:
        raise ImageError(
            expected="readable EXIF data",
            found=f"{name}: {error}",
            fix="remove the EXIF data, or the image",
        ) from error
    if min(upright.size) < SMALLEST_SIDE:
        raise ImageError(
            expected=f"an image of at least {SMALLEST_SIDE}x{SMALLEST_SIDE} pixels",
            found=f"{name} with {upright.height}x{upright.width} (height x width)",
            fix="remove this image",
        )
    return np.asarray(upright.convert("RGB"))


def open_image(path: Path) -> Image.Image:
    """A fully decoded PIL image. Raises ``ImageError`` where the file is missing, damaged or not an image."""
    try:
        image = Image.open(path)
        image.load()
        return image
    except FileNotFoundError as error:
        raise ImageError(expected="an image file", found=f"nothing at {path}", fix="check the path") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EISDIR):
            reason = str(error.strerror)
        else:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ImageError(
            expected="an image that can be decoded", found=f"{path}: {reason}", fix="replace or remove this image"
        ) from error


def is_16_bit(path: Path) -> bool:
    """Whether the image has 16 bits per channel. Pillow silently reduces 16-bit RGB to 8 bits, so this checks the decoder's raw mode."""
    with Image.open(path) as image:
        return _is_deep(image)


def _is_deep(image: Image.Image) -> bool:
    tiles = getattr(image, "tile", ())
    return image.mode.startswith("I") or any(_deep(tile.codec_name, tile.args) for tile in tiles)


def _deep(codec: str, args: Any) -> bool:
    """Whether the raw mode in a Pillow tile's arguments, which come first, has 16 bits per channel."""
    mode, *more = args if isinstance(args, tuple) else (args,)
    if codec in ("ppm", "ppm_plain"):
        return bool(more and more[0] > 255)  # the largest value that the file may contain
    return ";16" in str(mode)


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


def read_batch(path: Path, height: int, width: int) -> Batch:
    """``to_batch`` of the image at ``path``. Raises ``ImageError``."""
    return to_batch(read_image(path), height, width)


def evenly(count: int, most: int) -> list[int]:
    """At most ``most`` indices below ``count``, evenly spaced, first and last included."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def check_images(paths: Sequence[Path]) -> None:
    """Decode every image once. Raises ``ImageError`` for the first that cannot be used."""
    for path in paths:
        read_image(path)
