"""Label files as arrays: class numbers and instance numbers per pixel."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.classes import ClassSet
from mobileseg.data.encoding import LARGEST, STRAY, distinct_colors, distinct_values
from mobileseg.data.opening import ImageSource, decode
from mobileseg.data.strays import advice, color_advice, unknown_colors
from mobileseg.errors import DatasetError

VOID = 255  # of pixels to ignore, in labels of one byte
GREY = ("L", "P", "1")
DEEP = ("I;16", "I;16B", "I")
COLORED = ("RGB", "RGBA", "P", "L")


@dataclass(frozen=True)
class Segments:
    """What a panoptic label file says beside its pixels: ``table`` ``(n, 3)`` int64, for each segment its number in the pixels, its
    class, and 1 for a crowd, which is a group of instances that are not told apart."""

    table: NDArray[np.int64]


@dataclass(frozen=True)
class Item:
    """One image and its label files, at least one of which is not None.

    ``mask``: class numbers, or, with ``segments``, the numbers of segments, as ``red + 256 * green + 65536 * blue``.
    """

    image: ImageSource
    mask: ImageSource | None
    instances: ImageSource | None
    segments: Segments | None = field(default=None, compare=False, repr=False)

    @property
    def panoptic(self) -> bool:
        """Whether there are instances."""
        return self.instances is not None or self.segments is not None

    @property
    def files(self) -> tuple[ImageSource, ...]:
        """Image and labels."""
        return tuple(file for file in (self.image, self.mask, self.instances) if file is not None)


def read_mask(source: ImageSource, classes: ClassSet) -> NDArray[np.int64]:
    """Class numbers ``(H, W)`` int64, ``classes.ignored`` for pixels to ignore. Raises ``DatasetError`` for values or colours that
    stand for no class, and for pixels that are neither, and ``ImageError``."""
    encoding = classes.encoding
    pixels = mask_pixels(source, classes)
    if encoding.by_color:
        labels = encoding.of_colors(pixels)
        if (labels == STRAY).any():
            raise _stray_colors(source, pixels, classes)
        return labels
    return _table(source, pixels, classes)[pixels]


def read_byte_labels(item: Item, classes: ClassSet) -> NDArray[np.uint8]:
    """``read_labels`` in an eighth of the memory: uint8, with ``VOID`` for pixels to ignore. For at most 255 classes."""
    if item.mask is not None and item.segments is None and not classes.encoding.by_color:
        pixels = mask_pixels(item.mask, classes)
        table = _table(item.mask, pixels, classes)
        small: NDArray[np.uint8] = np.where(table == classes.ignored, VOID, table).astype(np.uint8)[pixels]
        return small
    labels = read_labels(item, classes)
    labels[labels == classes.ignored] = VOID
    return labels.astype(np.uint8)


def _table(source: ImageSource, pixels: NDArray[np.uint8 | np.uint16], classes: ClassSet) -> NDArray[np.int64]:
    """The class of each value, after a look at those that occur."""
    seen = distinct_values(pixels)
    if unknown := classes.encoding.strays(seen):
        raise stray_values(seen, unknown, source, classes)
    return classes.encoding.table(8 * pixels.dtype.itemsize)


def mask_pixels(source: ImageSource, classes: ClassSet) -> NDArray[np.uint8 | np.uint16]:
    """The values of a mask ``(H, W)``, or its colours ``(H, W, 3)`` where the class list maps colours. Raises ``DatasetError`` for other
    pixels, and ``ImageError``."""
    image, deep = decode(source)
    if classes.encoding.by_color:
        opaque = image.mode != "RGBA" or image.getextrema()[-1] == (255, 255)
        if image.mode in COLORED and opaque and not deep:
            return np.asarray(image.convert("RGB"))
        wanted, fix = "a mask in 8-bit colours", "write the colours as an 8-bit RGB PNG"
    else:
        if image.mode in GREY and not deep:
            return np.asarray(image).astype(np.uint8)
        if image.mode in DEEP:
            numbers = np.asarray(image)
            if numbers.min() >= 0 and numbers.max() <= LARGEST:
                return numbers.astype(np.uint16)
        wanted = "a mask with class numbers in one channel of 8 or 16 bits"
        fix = "write the class numbers as an 8-bit grey or palette PNG"
        if image.mode == "RGB" and not deep:
            raise _colored(source, image, classes)
    raise DatasetError(expected=wanted, found=f"{source} is {'16-bit ' if deep else ''}{image.mode}", fix=fix)


def read_instances(source: ImageSource) -> NDArray[np.int64]:
    """Instance numbers ``(H, W)`` int64, 0 for none, from an 8- or 16-bit image of one channel. Raises ``DatasetError`` for other
    images, and ``ImageError``."""
    image = decode(source).image
    if image.mode not in ("L", "P", "I", "I;16"):
        raise DatasetError(
            expected="instance numbers in one 8- or 16-bit channel",
            found=f"{source} is {image.mode}",
            fix="write the instance numbers as a 16-bit grey PNG",
        )
    return np.asarray(image).astype(np.int64)


def read_labels(item: Item, classes: ClassSet) -> NDArray[np.int64]:
    """Class numbers ``(H, W)`` int64 of an image, ``classes.ignored`` for pixels to ignore: its mask. Without a mask, and with one thing
    and one stuff class, they follow from the instances. Raises ``DatasetError``, ``ImageError``."""
    if item.segments is not None:
        return _of_segments(item, item.segments, classes)[0]
    if item.mask is not None:
        return read_mask(item.mask, classes)
    assert item.instances is not None
    things = classes.thing_numbers
    stuff = [number for number in range(len(classes.names)) if number not in things]
    if len(things) != 1 or len(stuff) != 1:
        raise DatasetError(
            expected="masks/ beside instances/, or one thing and one stuff class in classes.json",
            found=f"{len(things)} things and {len(stuff)} stuff classes, and no masks/",
            fix="add the class numbers as masks/",
        )
    return np.where(read_instances(item.instances) > 0, things[0], stuff[0])


def read_panoptic(item: Item, classes: ClassSet, divisor: int, void: int) -> NDArray[np.int64]:
    """Panoptic labels ``(H, W)`` int64: ``class * divisor + instance``, instance 0 for stuff, and ``void * divisor`` for ignored
    pixels and crowds.

    Raises ``DatasetError`` where mask and instances differ in size, or pixels of a thing have no instance number.
    """
    if item.segments is not None:
        numbers, instances, crowd = _of_segments(item, item.segments, classes)
        ignored = crowd | (numbers == classes.ignored)
    else:
        assert item.instances is not None
        numbers, instances = read_labels(item, classes), read_instances(item.instances)
        ignored = numbers == classes.ignored
        if numbers.shape != instances.shape:
            raise DatasetError(
                expected=f"mask and instances of {item.image.name} in one size",
                found=f"{numbers.shape} and {instances.shape}",
                fix="write both label files at the size of the image",
            )
        lacking = np.isin(numbers, classes.thing_numbers) & (instances == 0)
        if lacking.any():
            raise DatasetError(
                expected="an instance number at every pixel of a thing",
                found=f"0 at {int(lacking.sum())} of them in {item.instances}",
                fix="number the instances from 1, or label those pixels as ignored",
            )
    thing = np.isin(numbers, classes.thing_numbers)
    labels: NDArray[np.int64] = np.where(ignored, void, numbers) * divisor + np.where(thing & ~ignored, instances, 0)
    return labels


def _of_segments(
    item: Item, segments: Segments, classes: ClassSet
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Class numbers, instance numbers, and where there is a crowd, ``(H, W)`` each. Pixels of no segment, which are 0, are ignored."""
    assert item.mask is not None
    image, deep = decode(item.mask)
    if image.mode != "RGB" or deep:
        raise DatasetError(
            expected="segment numbers as 8-bit RGB: red + 256 * green + 65536 * blue",
            found=f"{item.mask} is {'16-bit ' if deep else ''}{image.mode}",
            fix="use the PNG files that belong to the JSON",
        )
    pixels = np.asarray(image).astype(np.uint32)
    numbers, places = np.unique(pixels[..., 0] + (pixels[..., 1] << 8) + (pixels[..., 2] << 16), return_inverse=True)
    rows = {int(number): row for row, number in enumerate(segments.table[:, 0].tolist())}
    unknown = [int(number) for number in numbers if number and int(number) not in rows]
    if unknown:
        raise DatasetError(
            expected=f"segments of {item.mask.name} that its JSON lists",
            found=f"{', '.join(map(str, unknown[:8]))} in the pixels alone",
            fix="use the PNG files that belong to the JSON",
        )
    nothing = np.array([[0, classes.ignored, 0]])
    table = np.concatenate([segments.table, nothing])
    chosen = np.array([rows.get(int(number), len(rows)) for number in numbers])
    chosen[numbers == 0] = len(segments.table)
    found = chosen[places.reshape(pixels.shape[:2])]
    return table[found, 1], np.where(table[found, 2] == 0, found + 1, 0), table[found, 2] == 1


def _stray_colors(source: ImageSource, pixels: NDArray[np.uint8 | np.uint16], classes: ClassSet) -> DatasetError:
    unknown = unknown_colors(distinct_colors(pixels)[0], classes)
    return DatasetError(
        expected="colours of label_map in classes.json",
        found=f"{'; '.join(','.join(map(str, color)) for color in unknown[:8])} in {source}",
        fix='add them to label_map, or all others at once as "*": "ignore"' + _if_lossy(source),
    )


def stray_values(seen: list[int], unknown: list[int], source: ImageSource, classes: ClassSet) -> DatasetError:
    """The error for a mask with values that stand for nothing; ``seen``: the values of this mask, or of several."""
    if classes.label_map:
        wanted = "values of label_map in classes.json"
    else:
        first = 1 if classes.reduce_zero_label else 0
        wanted = f"labels {first}..{len(classes.names) - 1 + first}"
    if classes.ignore_index is not None:
        wanted += f" and {classes.ignore_index} for ignored pixels"
    return DatasetError(
        expected=wanted,
        found=f"{', '.join(map(str, unknown[:8]))} in {source}",
        fix=advice(seen, classes) + _if_lossy(source),
    )


def _colored(source: ImageSource, image: Image.Image, classes: ClassSet) -> DatasetError:
    colors = distinct_colors(np.asarray(image))[0]
    return DatasetError(
        expected="a mask with class numbers in one channel of 8 or 16 bits, or colours that classes.json explains",
        found=f"{source} is RGB, in {len(colors)} colours",
        fix=color_advice(colors, classes) + _if_lossy(source),
    )


def _if_lossy(source: ImageSource) -> str:
    """What a JPEG adds to any advice."""
    lossy = source.name.lower().endswith((".jpg", ".jpeg"))
    return "; JPEG changes values along edges: write masks as PNG" if lossy else ""
