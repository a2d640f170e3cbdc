"""Checks of labelled images before slow work: every file that will be used is decoded once, and its labels are counted."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.classes import ClassSet
from mobileseg.data.encoding import count_values, distinct_values
from mobileseg.data.images import evenly, read_image
from mobileseg.data.labels import VOID, Item, mask_pixels, read_byte_labels, read_labels, read_panoptic, stray_values
from mobileseg.data.opening import ImageSource, orientation_of, stored_size
from mobileseg.errors import DatasetError
from mobileseg.progress import count

LARGEST_INSTANCE = 1 << 16
LOOKED_AT = 32  # masks that are read at once, so that advice is about the data set and not about one file
ALONE = 256  # fewer images are checked faster without other processes
MOST_NAMED = 5
MOST_PROCESSES = 4  # each has a decoded image in memory


@dataclass(frozen=True)
class Survey:
    """``pixels`` ``(classes,)``: labelled pixels of each class in the images that were checked."""

    classes: ClassSet
    images: int
    pixels: NDArray[np.int64]

    @property
    def lacking(self) -> tuple[str, ...]:
        """The classes that never occur."""
        return tuple(name for name, found in zip(self.classes.names, self.pixels, strict=True) if not found)

    @property
    def note(self) -> str | None:
        """What the user should know of the classes; None where all occur."""
        if not self.lacking:
            return None
        names = ", ".join(self.lacking[:MOST_NAMED]) + (", ..." if len(self.lacking) > MOST_NAMED else "")
        return f"{len(self.lacking)} of {len(self.pixels)} classes never occur in the {self.images} images: {names}"


def survey(items: Sequence[Item], classes: ClassSet) -> Survey:
    """Decode and check ``items``. Raises ``ImageError``, and ``DatasetError`` for labels of another size than the image as people see
    it, for values that stand for no class, and where no pixel is labelled."""
    _check_values(items, classes)
    total = np.zeros(len(classes.names), dtype=np.int64)
    for done, found in enumerate(_examined(items, classes), 1):
        total += found
        count("check", done, len(items), "images")
    if not total.any():
        raise DatasetError(
            expected="labelled pixels",
            found=f"none in {len(items)} masks: all of them are ignored",
            fix="check ignore_index, reduce_zero_label and label_map in classes.json",
        )
    return Survey(classes, len(items), total)


def check_trainable(found: Survey) -> None:
    """Raise ``DatasetError`` where there is nothing to learn: a single class in the list, or in the labels."""
    names = found.classes.names
    if len(names) < 2:
        raise DatasetError(
            expected="at least two classes",
            found=f"only {names[0]!r}",
            fix='name the background, too, as in {"names": ["background", ' + f'"{names[0]}"]}}',
        )
    if len(found.lacking) == len(names) - 1:
        (only,) = set(names) - set(found.lacking)
        ignored = found.classes.ignore_index
        hint = f" ({ignored} is ignored: where it is a class, write its number instead)" if ignored is not None else ""
        raise DatasetError(
            expected="at least two classes in the labels",
            found=f"{only!r} alone in {found.images} masks{hint}",
            fix="check that the masks hold the class numbers 0.." + str(len(names) - 1),
        )


def _check_values(items: Sequence[Item], classes: ClassSet) -> None:
    """Raise for stray values in some of the masks, with advice from all of them together."""
    if classes.encoding.by_color:
        return
    seen: set[int] = set()
    first: dict[int, ImageSource] = {}
    for index in evenly(len(items), LOOKED_AT):
        item = items[index]
        if item.mask is not None and item.segments is None:
            values = distinct_values(mask_pixels(item.mask, classes))
            seen.update(values)
            first |= {value: item.mask for value in values if value not in first}
    if unknown := classes.encoding.strays(seen):
        raise stray_values(sorted(seen), unknown, first[unknown[0]], classes)


def _examined(items: Sequence[Item], classes: ClassSet) -> Iterator[NDArray[np.int64]]:
    """The pixels of each class, per image, in order."""
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    if len(items) <= ALONE or processes == 1 or sys.platform != "linux":  # elsewhere a process takes seconds to begin
        yield from (_examine(item, classes) for item in items)
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), leave_signals_to_the_parent) as pool:
        waiting = iter(items)
        running = [pool.submit(_examine_all, part, classes) for part in _parts(waiting, 2 * processes)]
        while running:
            yield from running.pop(0).result()
            running += [pool.submit(_examine_all, part, classes) for part in _parts(waiting, 1)]


def leave_signals_to_the_parent() -> None:
    """In a worker process: Ctrl-C goes to all of them, and the parent ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _parts(items: Iterator[Item], most: int, size: int = 16) -> Iterator[list[Item]]:
    for _ in range(most):
        if part := list(itertools.islice(items, size)):
            yield part


def _examine_all(items: Iterable[Item], classes: ClassSet) -> list[NDArray[np.int64]]:
    return [_examine(item, classes) for item in items]


def _examine(item: Item, classes: ClassSet) -> NDArray[np.int64]:
    height, width = read_image(item.image).shape[:2]
    small = len(classes.names) <= VOID  # bytes, for photos are large and several are in memory at once
    labels = read_byte_labels(item, classes) if small else read_labels(item, classes)
    if labels.shape != (height, width):
        raise _other_size(item, (height, width), (labels.shape[0], labels.shape[1]))
    if item.panoptic:
        read_panoptic(item, classes, LARGEST_INSTANCE, len(classes.names))
    return count_values(labels)[: len(classes.names)]


def _other_size(item: Item, wanted: tuple[int, int], found: tuple[int, int]) -> DatasetError:
    turn = orientation_of(item.image)
    if stored_size(item.image) == found and turn != 1:
        fix = (
            f"the photo is turned when it is shown (EXIF orientation {turn}) and the mask is not: turn the mask likewise, "
            "or draw it on the picture as it is shown"
        )
    else:
        fix = "write the labels at the size of the image"
    return DatasetError(
        expected=f"labels of {wanted[0]}x{wanted[1]} pixels (height x width), as {item.image.name} is seen",
        found=f"{found[0]}x{found[1]} in {item.mask or item.instances}",
        fix=fix,
    )
