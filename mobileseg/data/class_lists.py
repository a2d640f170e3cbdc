"""The class lists that ship with the package: names, palettes and things of public data sets, each with its source."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from mobileseg.data.classes import ClassSet, read_classes
from mobileseg.registry import choose


@dataclass(frozen=True)
class ClassList:
    """A file of ``lists/``. ``count``: how many classes it has; ``name-count`` means the same list as ``name``."""

    name: str
    title: str
    count: int

    @property
    def path(self) -> Path:
        """The file."""
        return Path(str(resources.files("mobileseg.data"))) / "lists" / f"{self.name}.json"


CLASS_LISTS = {
    row.name: row
    for row in (
        ClassList("ade20k", "ADE20K SceneParsing", 150),
        ClassList("cityscapes", "Cityscapes", 19),
        ClassList("voc", "PASCAL VOC 2012", 21),
        ClassList("coco-panoptic", "COCO panoptic", 133),
        ClassList("coco-stuff", "COCO-Stuff", 171),
        ClassList("camvid", "CamVid", 11),
        ClassList("imagenet", "ImageNet-1k, for classifiers", 1000),
    )
}
_OTHER_NAMES = {f"{row.name}-{row.count}": row.name for row in CLASS_LISTS.values()} | {
    "coco-133": "coco-panoptic",
    "coco-171": "coco-stuff",
}


def class_list(name: str | Path) -> ClassSet:
    """What ``--classes`` means: the name of a shipped list, or the path of a ``classes.json``. A file of that name comes first.
    Raises ``UnknownNameError``, ``DatasetError``."""
    path = Path(name)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return read_classes(path)
    return shipped(_OTHER_NAMES.get(str(name), str(name)))


def authors_classes(task: str, count: int) -> ClassSet | None:
    """The classes of weights that do not name them: those of ImageNet for a classifier with as many."""
    return shipped("imagenet") if task == "classification" and count == CLASS_LISTS["imagenet"].count else None


@functools.cache
def shipped(name: str) -> ClassSet:
    """A list that ships, by name. Raises ``UnknownNameError``."""
    return read_classes(choose(CLASS_LISTS, name, "class list").path)
