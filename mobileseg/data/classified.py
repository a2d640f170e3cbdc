"""Images for a classifier: a folder for each class, as ImageNet and torchvision's ``ImageFolder`` have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobileseg.data.class_lists import class_list, shipped
from mobileseg.data.classes import ClassSet
from mobileseg.data.dataset import files_digest, split_name
from mobileseg.data.file_types import readable
from mobileseg.data.formats.contract import SPLIT_NAMES
from mobileseg.data.formats.pairing import files_below
from mobileseg.data.images import left_out, read_image
from mobileseg.errors import DatasetError, ImageError, RequestError
from mobileseg.progress import track

MOST_NAMED = 5


@dataclass(frozen=True)
class ClassifiedFolder:
    """``images`` with the numbers of their classes. ``names``: of all classes of the model that they are for. ``split``: which of the
    splits in ``path`` they are; None where there are none."""

    path: Path
    names: tuple[str, ...]
    images: tuple[Path, ...]
    labels: tuple[int, ...]
    split: str | None = None

    @property
    def title(self) -> str:
        """What records call it."""
        return split_name(self.path, self.split)

    @property
    def sha256(self) -> str:
        """Hex digest of the names and bytes of the images, and of their labels."""
        return files_digest([Numbered(path, label) for path, label in zip(self.images, self.labels, strict=True)])

    def check(self) -> None:
        """Decode every image once. Raises ``ImageError``."""
        for path in track(self.images, "check", "images"):
            read_image(path)


@dataclass(frozen=True)
class Numbered:
    """An image, by a name that has its label."""

    path: Path
    label: int

    @property
    def name(self) -> str:
        """Label and file name."""
        return f"{self.label}/{self.path.name}"

    @property
    def stem(self) -> str:
        """The file's."""
        return self.path.stem

    def read_bytes(self) -> bytes:
        """The file's content."""
        return self.path.read_bytes()


def check_options(model: str, options: Mapping[str, object]) -> None:
    """Raise ``RequestError`` for options of data for segmentation that were given with a classifier: those that are not None."""
    if given := [name for name, value in options.items() if value is not None]:
        raise RequestError(
            expected=f"{', '.join(given)} of data for segmentation", found=f"{model}, a classifier", fix="leave it out"
        )


def classes_of_folders(names: tuple[str, ...], classes: str | Path | None) -> ClassSet:
    """The model's classes, and what folders of them are called. ``names``: as the model has them. ``classes``: a class list, or a
    classes.json, whose order is the model's; default: ImageNet's where the model's names are. Raises ``DatasetError`` for another
    number of classes."""
    if classes is None:
        known = shipped("imagenet")
        return known if known.names == names else ClassSet(names=names)
    given = class_list(classes)
    if len(given.names) != len(names):
        raise DatasetError(
            expected=f"{len(names)} classes, as the model has",
            found=f"{len(given.names)} in --classes {classes}",
            fix="give the classes that the model was trained on, in its order",
        )
    return given


def open_classified(path: Path, known: ClassSet, split: str | None = None) -> ClassifiedFolder:
    """The images in the folders of ``path``, or of one of its splits. ``known``: the model's classes.

    A folder is a class by its name, by its name in ``known.folders`` (ImageNet's WordNet numbers), or by its number; folders of other
    names are the classes in the order of their names, if there are as many. Raises ``DatasetError``, ``ImageError``, which no pixel is
    decoded for.
    """
    place = _split(path, split)
    folders = sorted(
        child for child in place.iterdir() if child.is_dir() and not child.name.startswith((".", "__MACOSX"))
    )
    if not folders:
        raise DatasetError(
            expected="a folder of images for each class",
            found=f"no folders in {place}",
            fix="put the images of each class into a folder of its name, or use --no-labels",
        )
    numbers = _numbers([folder.name for folder in folders], known, place)
    images: list[Path] = []
    labels: list[int] = []
    skipped: list[Path] = []
    for folder, number in zip(folders, numbers, strict=True):
        files = list(files_below(folder))
        found = [file for file in files if readable(file)]
        skipped += [file for file in files if not readable(file)]
        images += found
        labels += [number] * len(found)
    if not images:
        note = left_out(skipped)
        raise ImageError(
            expected=f"images in the folders of {place}",
            found=f"none{f'; {note}' if note else ''}",
            fix="add some as PNG or JPEG",
        )
    return ClassifiedFolder(path, known.names, tuple(images), tuple(labels), split)


def _split(path: Path, split: str | None) -> Path:
    if not path.is_dir():
        raise DatasetError(
            expected="a folder with a folder for each class", found=f"none at {path}", fix="check the path"
        )
    there = {
        name: path / own for name, names in SPLIT_NAMES.items() for own in reversed(names) if (path / own).is_dir()
    }
    if split is not None and split not in there:
        raise DatasetError(
            expected=f"{split}/ in {path}",
            found=", ".join(there) or "no splits",
            fix="choose a split that exists" if there else "leave --split out",
        )
    if split is None and there:
        raise DatasetError(
            expected="a folder for each class, or the choice of a split",
            found=f"the splits {', '.join(there)} in {path}",
            fix=f"--split {list(there)[-1]}",
        )
    return there[split] if split is not None else path


def _numbers(folders: Sequence[str], known: ClassSet, place: Path) -> list[int]:
    """The class of each folder."""
    count = len(known.names)
    for names in (known.names, known.folders):
        table = {name: number for number, name in enumerate(names)}
        if all(folder in table for folder in folders):
            return [table[folder] for folder in folders]
    if all(folder.isdecimal() and int(folder) < count for folder in folders):
        return [int(folder) for folder in folders]
    if len(folders) == count:
        return list(range(count))
    strange = [folder for folder in folders if folder not in known.names][:MOST_NAMED]
    raise DatasetError(
        expected=f"{count} folders, or folders with the names ({', '.join(known.names[:3])}, ...) or numbers of the model's classes",
        found=f"{len(folders)} in {place}, such as {', '.join(strange)}",
        fix="rename the folders, or give --classes with the names that they have",
    )
