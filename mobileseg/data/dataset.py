"""Data sets: a folder with ``images/``, labels of the same names, and ``classes.json`` in it or in its parent folder.

Labels are in ``masks/`` (class numbers), ``instances/`` (16-bit instance numbers, 0 for none), or both.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from mobileseg.data.classes import ClassSet, read_classes
from mobileseg.data.groups import group_names
from mobileseg.data.images import find_images, read_image
from mobileseg.data.labels import Item, read_labels, read_panoptic
from mobileseg.errors import DatasetError
from mobileseg.files import sha256

SAMPLES = "samples"
CLASSES = "classes.json"
LARGEST_INSTANCE = 1 << 16
KINDS = ("masks", "instances")  # in the order of Item's fields


@dataclass(frozen=True)
class LabelledFolder:
    """A checked data set: every image decodes, and every label file holds only values that the classes allow. ``split``: which split
    of the folder these images are, None for all."""

    path: Path
    classes: ClassSet
    items: tuple[Item, ...]
    split: str | None = None

    @property
    def title(self) -> str:
        """What records call it: the folder's ``data_name``, and which split of it."""
        return data_name(self.path) + (f", {self.split} split" if self.split else "")

    @property
    def sha256(self) -> str:
        """Hex digest of the names and bytes of the images and labels."""
        return files_digest([path for item in self.items for path in (item.image, item.mask, item.instances) if path])

    @property
    def groups(self) -> tuple[str, ...]:
        """The group of each image: those of classes.json, else its own name. Raises ``DatasetError`` where images are in none."""
        return group_names(self.classes.groups, [item.image.stem for item in self.items])

    @property
    def panoptic(self) -> bool:
        """Whether there are instance labels."""
        return self.items[0].instances is not None


def samples_folder() -> Path:
    """The 48 bundled street images, rendered by tools/render, with masks of CamVid's eleven classes and instances; ``sequence`` in it holds
    the frames of a drive, with the motion between them."""
    return Path(str(resources.files("mobileseg.data"))) / "samples"


def first_sample() -> Path:
    """The first of the bundled images, as an input where any image will do."""
    return find_images(samples_folder() / "images")[0]


def data_folder(name: str) -> Path:
    """The path that ``--data`` means: ``samples`` is the bundled folder, anything else a path."""
    if name == SAMPLES and not Path(name).exists():
        return samples_folder()
    return Path(name)


def data_name(path: Path) -> str:
    """What records call a folder of data: its own name. Where ``classes.json`` lies in the folder above, that is the data set, and
    its name comes first, as in ``camvid11/test``; its ``images`` go by its name alone."""
    path = Path(os.path.abspath(path))
    above = path.parent
    if (path / CLASSES).is_file() or not (above / CLASSES).is_file():
        return path.name
    return above.name if path.name == "images" else f"{above.name}/{path.name}"


def files_digest(paths: Sequence[Path]) -> str:
    """Hex sha256 of files by name and content, in the order given."""
    return hashlib.sha256("".join(f"{path.name}\0{sha256(path)}\n" for path in paths).encode()).hexdigest()


def image_folder(path: Path) -> Path:
    """``path/images`` if that is a folder, else ``path``."""
    return path / "images" if (path / "images").is_dir() else path


def open_labelled(path: Path) -> LabelledFolder:
    """Open the data set at ``path`` after checking every file. Raises ``DatasetError``, ``ImageError``."""
    if not path.is_dir():
        raise DatasetError(
            expected="a folder with images/ and masks/ or instances/", found=f"no folder at {path}", fix="check --data"
        )
    kinds = tuple(kind for kind in KINDS if (path / kind).is_dir())
    if not kinds or not (path / "images").is_dir():
        raise DatasetError(
            expected=f"a folder {'masks/ or instances/' if (path / 'images').is_dir() else 'images/'} in {path}",
            found=f"only {', '.join(sorted(p.name for p in path.iterdir())[:8]) or 'nothing'}",
            fix="put the images into images/ and the labels, under the same names, into masks/ (or instances/)",
        )
    classes = read_classes(_find_classes(path))
    images = find_images(path / "images")
    labels = {kind: _by_stem(images, find_images(path / kind), path, kind) for kind in kinds}
    items = tuple(Item(image, *(labels.get(kind, {}).get(image.stem) for kind in KINDS)) for image in images)
    for item in items:
        read_image(item.image)
        read_labels(item, classes)
        if item.instances is not None:
            read_panoptic(item, classes, LARGEST_INSTANCE, len(classes.names))
    return LabelledFolder(path, classes, items)


def _find_classes(path: Path) -> Path:
    for folder in (path, path.resolve().parent):
        if (folder / CLASSES).is_file():
            return folder / CLASSES
    raise DatasetError(
        expected=f"classes.json in {path} or in its parent folder",
        found="none",
        fix="write one with names, palette and ignore_index",
    )


def _by_stem(images: list[Path], labels: list[Path], path: Path, kind: str) -> dict[str, Path]:
    """The label files by name without suffix. Raises ``DatasetError`` unless each image has exactly one."""
    for files in (images, labels):
        twice = [stem for stem, count in Counter(f.stem for f in files).items() if count > 1]
        if twice:
            raise DatasetError(
                expected="one file per name",
                found=f"several named {twice[0]}",
                fix=f"remove the duplicates in {files[0].parent}",
            )
    by_stem, one = {label.stem: label for label in labels}, "a mask" if kind == "masks" else "instances"
    names = {image.stem for image in images}
    for lacking, what in (
        ([i.name for i in images if i.stem not in by_stem], f"images without {one}"),
        ([m.name for m in labels if m.stem not in names], f"{kind} without an image"),
    ):
        if lacking:
            raise DatasetError(
                expected=f"a file in {kind}/ for every image, of the same name",
                found=f"{len(lacking)} {what} in {path}: {', '.join(lacking[:5])}{', ...' if len(lacking) > 5 else ''}",
                fix="add the missing files or remove the others; without labels use compare --no-labels",
            )
    return by_stem
