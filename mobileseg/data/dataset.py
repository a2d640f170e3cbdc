"""Data sets: images with labels and classes, in any of the layouts of ``formats``, listed without being decoded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from mobileseg.data.check import Survey, survey
from mobileseg.data.class_lists import class_list
from mobileseg.data.classes import ClassSet, read_classes
from mobileseg.data.formats.table import format_of
from mobileseg.data.groups import group_names
from mobileseg.data.images import evenly, find_images
from mobileseg.data.labels import Item
from mobileseg.data.opening import ImageSource
from mobileseg.errors import DatasetError
from mobileseg.files import sha256

SAMPLES = "samples"
CLASSES = "classes.json"


@dataclass(frozen=True)
class LabelledFolder:
    """Images with labels. ``split``: which split of the folder these images are, where it is not a folder of its own; None for all."""

    path: Path
    classes: ClassSet
    items: tuple[Item, ...]
    split: str | None = None

    @property
    def title(self) -> str:
        """What records call it: the folder's ``data_name``, and which split of it."""
        return split_name(self.path, self.split)

    @property
    def sha256(self) -> str:
        """Hex digest of the names and bytes of the images and labels."""
        return files_digest([file for item in self.items for file in item.files])

    @property
    def groups(self) -> tuple[str, ...]:
        """The group of each image: those of classes.json, else its own name. Raises ``DatasetError`` where images are in none."""
        return group_names(self.classes.groups, [item.image.stem for item in self.items])

    @property
    def panoptic(self) -> bool:
        """Whether there are instance labels."""
        return self.items[0].panoptic

    def check(self, most: int | None = None) -> Survey:
        """Decode the images and labels, or ``most`` of them, evenly chosen, and count the classes. Raises ``DatasetError``,
        ``ImageError``."""
        chosen = self.items if most is None else [self.items[i] for i in evenly(len(self.items), most)]
        return survey(chosen, self.classes)


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


def split_name(path: Path, split: str | None) -> str:
    """What records call a split of a folder of data, or, for None, all of it."""
    return data_name(path) + (f", {split} split" if split else "")


def files_digest(files: Sequence[ImageSource]) -> str:
    """Hex sha256 of files by name and content, in the order given."""
    return hashlib.sha256("".join(f"{file.name}\0{content_digest(file)}\n" for file in files).encode()).hexdigest()


def content_digest(file: ImageSource) -> str:
    """Hex sha256 of an encoded image."""
    return sha256(file) if isinstance(file, Path) else hashlib.sha256(file.read_bytes()).hexdigest()


def image_folder(path: Path) -> Path:
    """``path/images`` if that is a folder, else ``path``."""
    return path / "images" if (path / "images").is_dir() else path


def list_labelled(
    path: Path, split: str | None = None, data_format: str | None = None, classes: str | Path | None = None
) -> LabelledFolder:
    """The data set at ``path``, or one split of one that has splits, without decoding anything.

    ``data_format``: a key of ``FORMATS``; None recognises it. ``classes``: a class list's name or a classes.json; None for the one in
    ``path`` or the folder above, else the format's. Raises ``DatasetError``, ``ImageError``, ``UnknownNameError``.
    """
    reader = format_of(path, data_format)
    splits = reader.splits(path)
    if split is None and splits:
        raise DatasetError(
            expected="images with labels that are one whole, or the choice of a split",
            found=f"the splits {', '.join(splits)} in {path}",
            fix=f"--split {splits[-1]}",
        )
    if split is not None and split not in splits:
        raise DatasetError(
            expected=f"{split}/ in {path}",
            found=", ".join(splits) or "no splits",
            fix="choose a split that exists" if splits else "leave --split out",
        )
    wanted = class_list(classes) if classes is not None else _own_classes(path, split)
    found = reader.read(path, split, wanted)
    if split is not None and (path / split / "images").is_dir():
        return LabelledFolder(path / split, found.classes, found.items)
    return LabelledFolder(path, found.classes, found.items, split)


def own_splits(path: Path, data_format: str | None = None) -> tuple[str, ...]:
    """The splits that a data set comes with, none for one whole. Raises ``DatasetError``, ``UnknownNameError``."""
    return format_of(path, data_format).splits(path)


def open_labelled(
    path: Path, data_format: str | None = None, classes: str | Path | None = None, most: int | None = None
) -> LabelledFolder:
    """Open the data set at ``path``, which has no splits, after checking every file, or ``most`` of them, evenly chosen. For the other
    arguments and errors see ``list_labelled``."""
    found = list_labelled(path, None, data_format, classes)
    found.check(most)
    return found


def _own_classes(path: Path, split: str | None) -> ClassSet | None:
    """The classes.json of the split, of the data, or beside them."""
    for folder in (*((path / split,) if split else ()), path, path.resolve().parent):
        if (folder / CLASSES).is_file():
            return read_classes(folder / CLASSES)
    return None
