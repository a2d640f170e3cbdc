"""The project's own layout: ``images/`` with labels of the same names in ``masks/`` (class numbers), ``instances/`` (16-bit instance
numbers, 0 for none), or both; below the folders of the splits, or with them inside."""

from __future__ import annotations

from pathlib import Path

from mobileseg.data.classes import ClassSet
from mobileseg.data.file_types import readable
from mobileseg.data.formats.contract import SPLIT_NAMES, SPLITS, Listing
from mobileseg.data.formats.pairing import files_below, keyed, pair, pictures
from mobileseg.data.formats.pairs import no_classes
from mobileseg.data.labels import Item

KINDS = ("masks", "instances")
OTHER_MASKS = ("labels", "annotations")  # what some call masks/; read where there are images in it


class FolderReader:
    """Implements ``Reader``."""

    def recognises(self, root: Path) -> bool:
        return bool(self.splits(root)) or _folders(root) is not None

    def splits(self, root: Path) -> tuple[str, ...]:
        return tuple(split for split in SPLITS if _of_split(root, split) is not None)

    def read(self, root: Path, split: str | None, classes: ClassSet | None) -> Listing:
        folders = _of_split(root, split) if split else _folders(root)
        assert folders is not None  # the root was recognised
        if classes is None:
            raise no_classes(root)
        images = pictures(folders["images"])
        labels = {
            kind: dict(pair(images, keyed(folders[kind]), folders[kind].parent, kind))
            for kind in KINDS
            if kind in folders
        }
        masks, instances = (labels.get(kind, {}) for kind in KINDS)
        items = (Item(image, masks.get(image), instances.get(image)) for image in images.values())
        return Listing(tuple(items), classes)


FOLDER = FolderReader()


def _of_split(root: Path, split: str) -> dict[str, Path] | None:
    """The folders of a split: ``SPLIT/images`` or ``images/SPLIT``."""
    for name in SPLIT_NAMES[split]:
        found = _folders(root / name) or _folders(root, name)
        if found is not None:
            return found
    return None


def _folders(root: Path, below: str = "") -> dict[str, Path] | None:
    """``images`` and at least one kind of labels, by name; None where they are not both there."""
    found = {name: root / name / below for name in ("images", *KINDS) if (root / name / below).is_dir()}
    if "masks" not in found:
        others = (root / name / below for name in OTHER_MASKS)
        named = next((folder for folder in others if any(map(readable, files_below(folder)))), None)
        found |= {"masks": named} if named is not None else {}
    return found if "images" in found and len(found) > 1 else None
