"""A folder with ``images/`` and ``masks/`` of the same names, and ``classes.json`` in it or above it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.classes import ClassSet, read_classes
from mobileseg.data.images import find_images, is_16_bit, open_image, read_image
from mobileseg.errors import DatasetError

SAMPLES = "samples"


@dataclass(frozen=True)
class Pair:
    """One image and its mask."""

    image: Path
    mask: Path


@dataclass(frozen=True)
class LabelledFolder:
    """A data set that has been checked: every image decodes, every mask holds known labels only."""

    path: Path
    classes: ClassSet
    pairs: tuple[Pair, ...]


def samples_folder() -> Path:
    """The eleven bundled street images (comma10k, MIT), with masks of five classes."""
    return Path(str(resources.files("mobileseg.data"))) / "samples"


def data_folder(name: str) -> Path:
    """``samples`` is the bundled folder, anything else a path."""
    if name == SAMPLES and not Path(name).exists():
        return samples_folder()
    return Path(name)


def image_folder(path: Path) -> Path:
    """``path/images`` where that is a folder, else ``path``."""
    return path / "images" if (path / "images").is_dir() else path


def open_labelled(path: Path) -> LabelledFolder:
    """Check the whole folder first, then give it. Raises ``DatasetError``, ``ImageError``."""
    if not path.is_dir():
        raise DatasetError(
            expected="a folder with images/ and masks/", found=f"no folder at {path}", todo="check --data"
        )
    for part in ("images", "masks"):
        if not (path / part).is_dir():
            raise DatasetError(
                expected=f"a folder {part}/ in {path}",
                found=f"only {', '.join(sorted(p.name for p in path.iterdir())[:8]) or 'nothing'}",
                todo="put the images into images/ and the masks, same names, into masks/",
            )
    classes = read_classes(_find_classes(path))
    pairs = _pair(find_images(path / "images"), find_images(path / "masks"), path)
    for pair in pairs:
        read_image(pair.image)
        read_mask(pair.mask, classes)
    return LabelledFolder(path, classes, pairs)


def _find_classes(path: Path) -> Path:
    for folder in (path, path.resolve().parent):
        if (folder / "classes.json").is_file():
            return folder / "classes.json"
    raise DatasetError(
        expected=f"classes.json in {path} or in the folder above",
        found="none",
        todo="write one: names, palette, ignore_index",
    )


def _pair(images: list[Path], masks: list[Path], path: Path) -> tuple[Pair, ...]:
    for files in (images, masks):
        twice = [stem for stem, count in Counter(f.stem for f in files).items() if count > 1]
        if twice:
            raise DatasetError(
                expected="one file a name", found=f"several called {twice[0]}", todo=f"tidy {files[0].parent}"
            )
    by_stem = {mask.stem: mask for mask in masks}
    names = {image.stem for image in images}
    for lacking, what in (
        ([i.name for i in images if i.stem not in by_stem], "images without a mask"),
        ([m.name for m in masks if m.stem not in names], "masks without an image"),
    ):
        if lacking:
            raise DatasetError(
                expected="a mask for every image, of the same name",
                found=f"{len(lacking)} {what} in {path}: {', '.join(lacking[:5])}{', ...' if len(lacking) > 5 else ''}",
                todo="add what is missing or move the others away; without labels use compare --no-labels",
            )
    return tuple(Pair(image, by_stem[image.stem]) for image in images)


def read_mask(path: Path, classes: ClassSet) -> NDArray[np.int64]:
    """``(H, W)`` class numbers from an 8-bit grey or palette image; raises ``DatasetError`` for values outside the classes."""
    with open_image(path) as image:
        if image.mode not in ("L", "P") or is_16_bit(path):
            raise DatasetError(
                expected="masks of one 8-bit channel with class numbers",
                found=f"{path} is {image.mode}",
                todo="write the class numbers as an 8-bit grey or palette PNG",
            )
        labels = np.asarray(image).astype(np.int64)
    stray = set(np.unique(labels).tolist()) - set(range(len(classes.names))) - {classes.ignore_index}
    if stray:
        raise DatasetError(
            expected=f"labels 0..{len(classes.names) - 1}"
            + ("" if classes.ignore_index is None else f" and {classes.ignore_index} for ignored pixels"),
            found=f"{', '.join(map(str, sorted(stray)[:8]))} in {path}",
            todo="correct the mask, or set ignore_index in classes.json",
        )
    return labels
