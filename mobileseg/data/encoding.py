"""How class numbers are written in label files: as grey values, shifted by one, or as colours; and what is ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IGNORE = "ignore"  # the target of values that no loss and no score counts
OTHERS = "*"  # the key of every value that has no key of its own
STRAY = -1  # the class of a value that stands for nothing
BLOCK = 1 << 20  # pixels that are counted at a time
DEPTHS = {8: 1 << 8, 16: 1 << 16}  # values of a label file, by its bits
LARGEST = DEPTHS[16] - 1

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Encoding:
    """From the values of a label file to class numbers.

    ``values``: the class of each grey value, ``ignored`` for values to ignore; ``other_values``: the class of all others, ``STRAY``
    where they stand for nothing. ``colors``, ``other_colors``: the same of colours, where labels are colour-coded, else empty.
    """

    values: Mapping[int, int]
    other_values: int
    colors: Mapping[Color, int]
    other_colors: int
    ignored: int

    @property
    def by_color(self) -> bool:
        """Whether labels are colours."""
        return bool(self.colors)

    def table(self, depth: int) -> NDArray[np.int64]:
        """The class of each grey value of so many bits, ``STRAY`` for unknown ones."""
        table = np.full(DEPTHS[depth], self.other_values, dtype=np.int64)
        for value, number in self.values.items():
            if value < len(table):
                table[value] = number
        return table

    def strays(self, values: Iterable[int]) -> list[int]:
        """Those of grey values that stand for nothing, ascending."""
        return sorted(value for value in values if self.values.get(value, self.other_values) == STRAY)

    def of_colors(self, pixels: NDArray[np.integer]) -> NDArray[np.int64]:
        """Class numbers ``(H, W)`` of colours ``(H, W, 3)``, ``STRAY`` for unknown ones."""
        found, places = distinct_colors(pixels)
        table = np.array([self.colors.get(color, self.other_colors) for color in found], dtype=np.int64)
        classes: NDArray[np.int64] = table[places]
        return classes


def distinct_values(pixels: NDArray[np.uint8 | np.uint16]) -> list[int]:
    """The grey values in an image, ascending."""
    found: list[int] = np.flatnonzero(count_values(pixels)).tolist()
    return found


def count_values(pixels: NDArray[np.integer]) -> NDArray[np.int64]:
    """How often each of the values 0..65535 occurs."""
    counts = np.zeros(DEPTHS[16], dtype=np.int64)
    for rows in np.array_split(pixels, max(pixels.size // BLOCK, 1)):  # bincount makes eight bytes of each pixel
        found = np.bincount(rows.ravel())
        counts[: len(found)] += found
    return counts


def distinct_colors(pixels: NDArray[np.integer]) -> tuple[list[Color], NDArray[np.intp]]:
    """The colours in ``(H, W, 3)``, and ``(H, W)``, which of them each pixel has."""
    packed = (pixels.astype(np.uint32) << np.array([16, 8, 0], np.uint32)).sum(axis=2, dtype=np.uint32)
    numbers, places = np.unique(packed, return_inverse=True)
    colors = [(int(n) >> 16, int(n) >> 8 & 255, int(n) & 255) for n in numbers]
    return colors, places.reshape(packed.shape)


def encoding_of(
    names: tuple[str, ...],
    ignored: int,
    ignore_index: int | None,
    reduce_zero_label: bool,
    label_map: Mapping[str, str | int],
) -> Encoding:
    """The encoding that a class list describes. ``ignored``: the number for ignored pixels in what is read.

    With ``reduce_zero_label`` class 0 is written as 1, and 0 means ignored, as in mmsegmentation. ``ignore_index`` is a value of the
    file, and comes before both. Raises ``ValueError`` with the reason.
    """
    values: dict[int, int] = {}
    colors: dict[Color, int] = {}
    other = STRAY
    if label_map:
        targets = {parsed_key(key): _target(names, value, ignored) for key, value in label_map.items()}
        if len(targets) < len(label_map):
            raise ValueError("label_map has one value twice, written in two ways")
        other = targets.pop(OTHERS, STRAY)
        values = {key: target for key, target in targets.items() if isinstance(key, int)}
        colors = {key: target for key, target in targets.items() if isinstance(key, tuple)}
        if colors and values:
            raise ValueError("label_map has both values and colours")
    elif reduce_zero_label:
        values = {0: ignored, **{number + 1: number for number in range(len(names))}}
    else:
        values = {number: number for number in range(len(names))}
    if ignore_index is not None:
        values[ignore_index] = ignored
    return Encoding(values, other, colors, other, ignored)


def parsed_key(key: str) -> int | Color | str:
    """``7`` -> 7; ``128,64,128`` and ``#804080`` -> (128, 64, 128); ``*`` as it is. Raises ``ValueError``."""
    text = key.strip()
    if text == OTHERS:
        return text
    if re.fullmatch(r"\d{1,5}", text) and int(text) <= LARGEST:
        return int(text)
    if match := re.fullmatch(r"#([0-9a-fA-F]{6})", text):
        red, green, blue = bytes.fromhex(match[1])
        return red, green, blue
    parts = re.fullmatch(r"[(\[]?\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*[)\]]?", text)
    if parts and all(int(part) < DEPTHS[8] for part in parts.groups()):
        return int(parts[1]), int(parts[2]), int(parts[3])
    raise ValueError(f"label_map: {key!r} is no value 0..{LARGEST}, no colour 'r,g,b' or '#rrggbb', and not '*'")


def _target(names: tuple[str, ...], value: str | int, ignored: int) -> int:
    if value == IGNORE and IGNORE not in names:
        return ignored
    if isinstance(value, str):
        if value not in names:
            raise ValueError(f"label_map: {value!r} is neither among the names nor {IGNORE!r}")
        return names.index(value)
    if not 0 <= value < len(names):
        raise ValueError(f"label_map: {value} is no class number 0..{len(names) - 1}")
    return value
