"""Label files: class numbers and instance numbers per pixel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.classes import ClassSet
from mobileseg.data.images import is_16_bit, open_image
from mobileseg.errors import DatasetError


@dataclass(frozen=True)
class Item:
    """One image and its label files, at least one of which is not None."""

    image: Path
    mask: Path | None
    instances: Path | None


def read_mask(path: Path, classes: ClassSet) -> NDArray[np.int64]:
    """Class numbers ``(H, W)`` int64 from an 8-bit grey or palette image. Raises ``DatasetError`` for values outside the classes, and
    ``ImageError``."""
    with open_image(path) as image:
        if image.mode not in ("L", "P") or is_16_bit(path):
            raise DatasetError(
                expected="a mask with class numbers in one 8-bit channel",
                found=f"{path} is {image.mode}",
                fix="write the class numbers as an 8-bit grey or palette PNG",
            )
        labels = np.asarray(image).astype(np.int64)
    stray = set(np.unique(labels).tolist()) - set(range(len(classes.names))) - {classes.ignore_index}
    if stray:
        raise DatasetError(
            expected=f"labels 0..{len(classes.names) - 1}"
            + ("" if classes.ignore_index is None else f" and {classes.ignore_index} for ignored pixels"),
            found=f"{', '.join(map(str, sorted(stray)[:8]))} in {path}",
            fix="fix the mask, or set ignore_index in classes.json",
        )
    return labels


def read_instances(path: Path) -> NDArray[np.int64]:
    """Instance numbers ``(H, W)`` int64, 0 for none, from an 8- or 16-bit image of one channel. Raises ``DatasetError`` for other
    images, and ``ImageError``."""
    with open_image(path) as image:
        if image.mode not in ("L", "P", "I", "I;16"):
            raise DatasetError(
                expected="instance numbers in one 8- or 16-bit channel",
                found=f"{path} is {image.mode}",
                fix="write the instance numbers as a 16-bit grey PNG",
            )
        return np.asarray(image).astype(np.int64)


def read_panoptic(item: Item, classes: ClassSet, divisor: int, void: int) -> NDArray[np.int64]:
    """Panoptic labels ``(H, W)`` int64: ``class * divisor + instance``, instance 0 for stuff, and ``void * divisor`` for ignored
    pixels.

    Raises ``DatasetError`` where mask and instances differ in size, or pixels of a thing have no instance number.
    """
    assert item.instances is not None
    numbers, instances = read_labels(item, classes), read_instances(item.instances)
    if numbers.shape != instances.shape:
        raise DatasetError(
            expected=f"mask and instances of {item.image.name} in one size",
            found=f"{numbers.shape} and {instances.shape}",
            fix="write both label files at the size of the image",
        )
    thing, ignored = np.isin(numbers, classes.thing_numbers), numbers == classes.ignore_index
    if (thing & (instances == 0)).any():
        raise DatasetError(
            expected="an instance number at every pixel of a thing",
            found=f"0 at {int((thing & (instances == 0)).sum())} of them in {item.instances}",
            fix="number the instances from 1, or label those pixels as ignored",
        )
    labels: NDArray[np.int64] = np.where(ignored, void, numbers) * divisor + np.where(thing, instances, 0)
    return labels


def read_labels(item: Item, classes: ClassSet) -> NDArray[np.int64]:
    """Class numbers ``(H, W)`` int64 of an image: its mask. Without a mask, and with one thing and one stuff class, they follow from
    the instances. Raises ``DatasetError``, ``ImageError``."""
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
