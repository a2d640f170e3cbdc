"""A reader for layouts that are pairs of folders: images here, labels there, each below a folder of the split's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mobileseg.data.class_lists import shipped
from mobileseg.data.classes import ClassSet
from mobileseg.data.formats.contract import SPLIT_NAMES, Listing
from mobileseg.data.formats.pairing import files_below, keyed, pair, pictures
from mobileseg.data.labels import Item
from mobileseg.errors import DatasetError


@dataclass(frozen=True)
class Pairs:
    """``images``, ``labels``: folders below the root, with ``{split}`` where the split's name stands. ``image_suffix``,
    ``label_suffix``: what the names end with, before the file type. ``not_labels``: endings of other files in the same folder.
    ``label_map``: how these files write the classes of the format's own list."""

    images: str
    labels: str
    image_suffix: str = ""
    label_suffix: str = ""
    not_labels: tuple[str, ...] = ()
    label_map: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class PairReader:
    """Implements ``Reader``. ``layouts``: the first that is there is read. ``split_names``: what splits may be called. ``inside``: folders
    that the data may lie in, below the root. ``classes``: the class list that ships for it."""

    layouts: tuple[Pairs, ...]
    split_names: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: SPLIT_NAMES)
    inside: tuple[str, ...] = ()
    classes: str | None = None

    def recognises(self, root: Path) -> bool:
        return bool(self.splits(root)) or self._place(root, "") is not None

    def splits(self, root: Path) -> tuple[str, ...]:
        return tuple(split for split, names in self.split_names.items() if any(self._place(root, n) for n in names))

    def read(self, root: Path, split: str | None, classes: ClassSet | None) -> Listing:
        places = (self._place(root, name) for name in (self.split_names[split] if split else ("",)))
        pairs, images, labels = next(place for place in places if place is not None)
        found = pair(
            pictures(images, pairs.image_suffix), keyed(labels, pairs.label_suffix, pairs.not_labels), labels, "masks"
        )
        items = tuple(Item(image, mask, None) for image, mask in found)
        return Listing(items, self._classes(pairs, classes, root))

    def _classes(self, pairs: Pairs, asked: ClassSet | None, root: Path) -> ClassSet:
        if asked is None and self.classes is None:
            raise no_classes(root)
        own = shipped(self.classes) if self.classes else None
        classes = asked or own
        assert classes is not None
        if own is None or classes.names != own.names or classes.label_map or classes.reduce_zero_label:
            return classes
        # The format's own classes, in its own masks: those are written as the format says.
        ignored = own.ignore_index if classes.ignore_index is None else classes.ignore_index
        written = {"label_map": pairs.label_map, "reduce_zero_label": own.reduce_zero_label, "ignore_index": ignored}
        return ClassSet.model_validate({**classes.model_dump(), **written})

    def _place(self, root: Path, name: str) -> tuple[Pairs, Path, Path] | None:
        """The layout that is there for a split of this name, "" for data without splits, and its two folders."""
        for base in (root, *(root / folder for folder in self.inside)):
            for pairs in self.layouts:
                if bool(name) != ("{split}" in pairs.images):
                    continue
                images, labels = base / pairs.images.format(split=name), base / pairs.labels.format(split=name)
                if images.is_dir() and labels.is_dir() and _has(labels, pairs.label_suffix):
                    return pairs, images, labels
        return None


def no_classes(root: Path) -> DatasetError:
    """The error for data whose classes nothing names."""
    return DatasetError(
        expected=f"classes.json in {root} or in its parent folder",
        found="none",
        fix="write one with names, palette and ignore_index, or give --classes: a class list's name or such a file",
    )


def _has(folder: Path, suffix: str) -> bool:
    """Whether there is a file whose name ends with ``suffix``, before the file type."""
    return any(file.stem.endswith(suffix) for file in files_below(folder))


def layouts(*patterns: Pairs) -> tuple[Pairs, ...]:
    """The patterns, and each without its folder of splits."""

    def whole() -> Iterator[Pairs]:
        for pairs in patterns:
            images, labels = pairs.images.removesuffix("/{split}"), pairs.labels.removesuffix("/{split}")
            yield Pairs(images, labels, pairs.image_suffix, pairs.label_suffix, pairs.not_labels, pairs.label_map)

    return (*patterns, *whole())
