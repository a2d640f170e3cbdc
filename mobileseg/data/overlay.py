"""Pictures of a result: the image blended with class colours and a legend, or the class map as a palette PNG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mobileseg.data.classes import Color, colorize
from mobileseg.data.images import Pixels

OPACITY = 0.55
SMALLEST_SHARE = 0.0005  # of the pixels: smaller classes are left out of the legend


def overlay(
    image: Pixels,
    class_map: NDArray[np.integer],
    names: tuple[str, ...],
    palette: tuple[Color, ...],
    instances: NDArray[np.integer] | None = None,
) -> Image.Image:
    """``image`` ``(H, W, 3)`` uint8 RGB blended with the colours of ``class_map`` ``(H, W)``, and below it a legend of the classes in
    it, largest first, with their share of the pixels. ``instances`` ``(H, W)``, 0 for none, are outlined in white."""
    pixels = blended(image, class_map, palette)
    if instances is not None:
        pixels[_outlines(instances)] = 255
    picture = Image.fromarray(pixels)
    below = legend(class_map, names, palette, picture.width)
    whole = Image.new("RGB", (picture.width, picture.height + below.height), "white")
    whole.paste(picture, (0, 0))
    whole.paste(below, (0, picture.height))
    return whole


def blended(image: Pixels, class_map: NDArray[np.integer], palette: tuple[Color, ...]) -> Pixels:
    """``image`` ``(H, W, 3)`` uint8 RGB blended with the colours of ``class_map`` ``(H, W)``."""
    blend = (1 - OPACITY) * image.astype(np.float32) + OPACITY * colorize(class_map, palette).astype(np.float32)
    return blend.round().astype(np.uint8)


def legend(
    class_map: NDArray[np.integer], names: tuple[str, ...], palette: tuple[Color, ...], width: int
) -> Image.Image:
    """A strip of ``width`` pixels with the classes in ``class_map``, largest first, with their share of the pixels."""
    share = np.bincount(class_map.ravel(), minlength=len(names)) / class_map.size
    shown = [i for i in np.argsort(-share, kind="stable").tolist() if share[i] >= SMALLEST_SHARE]
    return _legend([(f"{names[i]} {100 * share[i]:.1f} %", palette[i]) for i in shown], width)


def _outlines(instances: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels of an instance with a direct neighbour outside it."""
    across, down = instances[:, 1:] != instances[:, :-1], instances[1:] != instances[:-1]
    edge = np.zeros(instances.shape, dtype=bool)
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge & (instances > 0)


def _legend(entries: list[tuple[str, Color]], width: int) -> Image.Image:
    """Coloured squares with text, wrapped to ``width`` pixels."""
    size = max(11, min(22, width // 45))
    font = ImageFont.load_default(size)
    line, gap = size + 8, size // 2
    spots, x, y = [], gap, gap // 2
    for text, color in entries:
        needed = size + gap + int(font.getlength(text)) + 2 * gap
        if x + needed > width and x > gap:
            x, y = gap, y + line
        spots.append((x, y, text, color))
        x += needed
    legend = Image.new("RGB", (width, y + line), "white")
    draw = ImageDraw.Draw(legend)
    for x, y, text, color in spots:
        draw.rectangle((x, y + 3, x + size, y + 3 + size), fill=color, outline="black")
        draw.text((x + size + gap, y), text, fill="black", font=font)
    return legend


def palette_png(class_map: NDArray[np.integer], palette: tuple[Color, ...]) -> Image.Image:
    """The class numbers as an 8-bit image, with the palette for viewers; at most 256 classes."""
    image = Image.fromarray(class_map.astype(np.uint8))
    image.putpalette([channel for color in palette for channel in color])
    return image
