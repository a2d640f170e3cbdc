"""Image files and label files of the same names, in two folders or two trees of folders."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from mobileseg.data.file_types import SUFFIXES, readable
from mobileseg.data.images import left_out
from mobileseg.errors import DatasetError, ImageError

log = logging.getLogger(__name__)

# What tools append to the names of labels, and data sets to those of images.
LABEL_SUFFIXES = (
    "_labelTrainIds",
    "_labelIds",
    "_label",
    "_labels",
    "_mask",
    "_masks",
    "_seg",
    "_segmentation",
    "_gt",
    "_L",
    ".jpg",  # as in 0001.jpg.png
    ".jpeg",
    ".png",
)
IMAGE_SUFFIXES = ("_image", "_img", "_rgb", "_leftImg8bit")
MOST_NAMED = 5


def files_below(folder: Path) -> Iterator[Path]:
    """All files in ``folder`` and the folders in it, sorted, but for hidden ones and what macOS adds to archives. Links are followed,
    each folder once."""
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        if (real := os.path.realpath(place)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def pictures(folder: Path, suffix: str = "") -> dict[str, Path]:
    """``keyed``, of at least one image. Raises ``ImageError``, ``DatasetError``."""
    found = keyed(folder, suffix)
    if found:
        return found
    skipped = left_out(files_below(folder))
    raise ImageError(
        expected=f"images ({', '.join(SUFFIXES)})",
        found=f"none in {folder}" + (f"; {skipped}" if skipped else ""),
        fix="convert them to PNG or JPEG" if skipped else "put the images there",
    )


def keyed(folder: Path, suffix: str = "", others: tuple[str, ...] = ()) -> dict[str, Path]:
    """The images below ``folder`` by their names relative to it, without ``suffix`` and file type; only those that end with
    ``suffix``, and with none of ``others``. Raises ``DatasetError`` for two of one name."""
    files: list[Path] = []
    skipped: list[Path] = []
    for file in files_below(folder):
        (files if readable(file) else skipped).append(file)
    if text := left_out(skipped):
        log.info("%s in %s", text, folder)
    found: dict[str, Path] = {}
    for file in files:
        if file.stem.endswith(suffix) and not (others and file.stem.endswith(others)):
            key = (file.parent / file.stem.removesuffix(suffix)).relative_to(folder).as_posix()
            if key in found:
                raise DatasetError(
                    expected="one file per name",
                    found=f"several named {key}",
                    fix=f"remove the duplicates in {folder}",
                )
            found[key] = file
    return found


def pair(images: dict[str, Path], labels: dict[str, Path], folder: Path, kind: str) -> list[tuple[Path, Path]]:
    """Every image with its label. Names may differ by a suffix that all of one side have, such as ``_mask``. Raises
    ``DatasetError`` unless each image has exactly one label, and each label an image."""
    images, labels = _aligned(images, labels)
    one = "a mask" if kind == "masks" else "instances"
    for lacking, what in (
        ([images[key].name for key in images if key not in labels], f"images without {one}"),
        ([labels[key].name for key in labels if key not in images], f"{kind} without an image"),
    ):
        if lacking:
            raise DatasetError(
                expected=f"a file in {kind}/ for every image, of the same name",
                found=f"{len(lacking)} {what} in {folder}: {', '.join(lacking[:MOST_NAMED])}"
                f"{', ...' if len(lacking) > MOST_NAMED else ''}",
                fix="add the missing files or remove the others; without labels use compare --no-labels",
            )
    return [(image, labels[key]) for key, image in images.items()]


def _aligned(images: dict[str, Path], labels: dict[str, Path]) -> tuple[dict[str, Path], dict[str, Path]]:
    """Both without the suffixes that make their keys fit, where no key fits as it is."""
    if images.keys() & labels.keys():
        return images, labels
    for shorter_images in _shortened(images, IMAGE_SUFFIXES):
        for shorter_labels in _shortened(labels, LABEL_SUFFIXES):
            if shorter_images.keys() & shorter_labels.keys():
                return shorter_images, shorter_labels
    return images, labels


def _shortened(files: dict[str, Path], suffixes: tuple[str, ...]) -> Iterator[dict[str, Path]]:
    """The files by their keys, and by their keys without each suffix that all of them have."""
    yield files
    for suffix in suffixes:
        if all(key.endswith(suffix) for key in files):
            yield {key.removesuffix(suffix): file for key, file in files.items()}
