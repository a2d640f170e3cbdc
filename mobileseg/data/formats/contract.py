"""What a reader of data sets gives and is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mobileseg.data.classes import ClassSet
from mobileseg.data.labels import Item

SPLITS = ("train", "val", "test")
# What folders and files of a split are called.
SPLIT_NAMES = {
    "train": ("train", "training"),
    "val": ("val", "validation", "valid"),
    "test": ("test", "testing"),
}


@dataclass(frozen=True)
class Listing:
    """Images with their label files, in a fixed order, and how the labels are to be read. No pixel was decoded for it."""

    items: tuple[Item, ...]
    classes: ClassSet


class Reader(Protocol):
    """A layout of folders and files below ``root``."""

    def recognises(self, root: Path) -> bool:
        """Whether ``root`` looks like this layout; at once, whatever its size."""
        ...

    def splits(self, root: Path) -> tuple[str, ...]:
        """Which of ``SPLITS`` there are; none for data that are one whole."""
        ...

    def read(self, root: Path, split: str | None, classes: ClassSet | None) -> Listing:
        """The images of a split, or of data without splits. ``classes``: the list that was asked for, or the data's own classes.json;
        None for the layout's. Raises ``DatasetError``."""
        ...
