"""COCO's panoptic format, and Cityscapes in it: segment numbers as colours in PNG files, and their classes in one JSON per split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.class_lists import shipped
from mobileseg.data.classes import ClassSet, reason
from mobileseg.data.formats.contract import SPLIT_NAMES, SPLITS, Listing
from mobileseg.data.formats.pairing import MOST_NAMED, keyed, pictures
from mobileseg.data.formats.records import records
from mobileseg.data.labels import Item, Segments
from mobileseg.errors import DatasetError


@dataclass(frozen=True)
class PanopticReader:
    """Implements ``Reader``. ``json``: glob patterns below the root. ``images``: folders that images lie in, with ``{split}`` for the
    split's name in the JSON's file name and ``{year}`` for what follows it. ``image_suffix``: what an image's name has after its id.
    ``classes``: the class list, None for the categories of the JSON."""

    json: tuple[str, ...]
    images: tuple[str, ...]
    image_suffix: str = ""
    classes: str | None = None

    def recognises(self, root: Path) -> bool:
        return bool(self.splits(root))

    def splits(self, root: Path) -> tuple[str, ...]:
        return tuple(split for split in SPLITS if self._json(root, split) is not None)

    def read(self, root: Path, split: str | None, classes: ClassSet | None) -> Listing:
        file = self._json(root, split or "")
        if file is None:
            raise DatasetError(
                expected=f"{' or '.join(self.json)} in {root}", found="none", fix="check --data and --data-format"
            )
        found = _read(file)
        names = classes or (shipped(self.classes) if self.classes else found.classes(file))
        numbers = found.numbers(names, file)
        place = self._images(root, file)
        labels = file.with_suffix("")  # where images lie beside the folders of labels, these are no images
        by_name = {
            Path(key).name: path
            for key, path in pictures(place, self.image_suffix).items()
            if not path.is_relative_to(labels)
        }
        by_mask = {path.name: path for path in keyed(file.with_suffix("")).values()}
        items, lacking = [], []
        for names_of_image, mask, table in found.annotations:
            image = next((by_name[name] for name in names_of_image if name in by_name), None)
            if image is None or mask not in by_mask:
                lacking.append(names_of_image[0] if image is None else mask)
                continue
            rows = table.copy()
            rows[:, 1] = [numbers[category] for category in table[:, 1].tolist()]
            items.append(Item(image, by_mask[mask], None, Segments(rows)))
        if lacking or not items:
            raise DatasetError(
                expected=f"an image and a PNG for every annotation in {file}",
                found=f"{len(lacking)} missing of {len(found.annotations)}: {', '.join(lacking[:MOST_NAMED])}",
                fix=f"unpack the images into {self.images[0]}, and the PNG files into {file.with_suffix('')}",
            )
        return Listing(tuple(items), names)

    def _json(self, root: Path, split: str) -> Path | None:
        """The JSON of a split, with the folder of its PNG files beside it."""
        for name in SPLIT_NAMES.get(split, ()):
            for pattern in self.json:
                for file in sorted(root.glob(pattern.format(split=name))):
                    if file.with_suffix("").is_dir():
                        return file
        return None

    def _images(self, root: Path, file: Path) -> Path:
        match = re.search(r"panoptic_([a-z]+)(\d*)", file.stem)
        split, year = (match[1], match[2]) if match else ("", "")
        for pattern in self.images:
            folder = root / pattern.format(split=split, year=year)
            if folder.is_dir():
                return folder
        raise DatasetError(
            expected=f"the images of {file.name} in {' or '.join(p.format(split=split, year=year) for p in self.images)}",
            found=f"no such folder in {root}",
            fix="unpack the images there",
        )


COCO = PanopticReader(
    ("annotations/panoptic_{split}*.json", "panoptic_{split}*.json"),
    ("{split}{year}", "images/{split}{year}", "images", "."),
)
CITYSCAPES = PanopticReader(
    ("gtFine/cityscapes_panoptic_{split}.json", "gtFine/cityscapes_panoptic_{split}_trainId.json"),
    ("leftImg8bit/{split}",),
    "_leftImg8bit",
    "cityscapes",
)


@dataclass(frozen=True)
class _Category:
    """What a JSON says of a class. ``color``: as it is there, None where there is none."""

    number: int
    name: str
    thing: bool
    color: Any


@dataclass(frozen=True)
class _Found:
    """What a JSON says. ``annotations``: what the image may be called, without file type; the name of its PNG; and ``Segments.table``
    with categories in place of classes."""

    categories: tuple[_Category, ...]
    annotations: tuple[tuple[tuple[str, ...], str, NDArray[np.int64]], ...]

    def classes(self, file: Path) -> ClassSet:
        """The categories in the order of their numbers; COCO's own list where they are COCO's."""
        ordered = sorted(self.categories, key=lambda category: category.number)
        names = tuple(category.name for category in ordered)
        if names == shipped("coco-panoptic").names:
            return shipped("coco-panoptic")
        colors = [category.color for category in ordered]
        fields = {
            "names": names,
            "things": [category.name for category in ordered if category.thing],
            "palette": colors if None not in colors else [],
        }
        try:
            return ClassSet.model_validate(fields)
        except ValueError as error:
            raise DatasetError(
                expected="categories with a name, an id and perhaps a colour",
                found=f"{file}: {reason(error)}",
                fix="fix the categories",
            ) from error

    def numbers(self, classes: ClassSet, file: Path) -> dict[int, int]:
        """Class numbers by category; categories are found in the class list by name. Raises ``DatasetError`` for categories that are
        not in it, and for segments of no category."""
        unknown = [category.name for category in self.categories if category.name not in classes.names]
        if unknown:
            raise DatasetError(
                expected="a class list with the categories of the data",
                found=f"none for {len(unknown)} of {file.name}: {', '.join(unknown[:MOST_NAMED])}",
                fix="leave --classes out, or name them in classes.json",
            )
        found = {category.number: classes.names.index(category.name) for category in self.categories}
        used = {number for _, _, table in self.annotations for number in table[:, 1].tolist()}
        if strays := sorted(used - found.keys()):
            raise DatasetError(
                expected="segments of the categories that the JSON lists",
                found=f"{', '.join(map(str, strays[:MOST_NAMED]))} in {file}",
                fix="download the file again, or add the categories",
            )
        return found


def _read(file: Path) -> _Found:
    categories: list[_Category] = []
    annotations: list[tuple[Any, str, NDArray[np.int64]]] = []
    names: dict[Any, str] = {}
    part = ""
    try:
        for part, record in records(file):
            if part == "categories":
                categories.append(_category(record))
            elif part == "images":
                names[record["id"]] = Path(str(record["file_name"])).stem
            elif part == "annotations":
                annotations.append((record["image_id"], str(record["file_name"]), _table(record["segments_info"])))
        # In Cityscapes the id is what the image is called, and file_name is not.
        found = tuple(((names.get(i, str(i)), str(i)), mask, table) for i, mask, table in annotations)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DatasetError(
            expected="COCO's panoptic JSON: images, annotations with segments_info, categories",
            found=f"{file}, {part}: {type(error).__name__} {error}",
            fix="check that this is the panoptic file, not that of the instances",
        ) from error
    return _Found(tuple(categories), found)


def _category(record: Any) -> _Category:
    return _Category(int(record["id"]), str(record["name"]), bool(record.get("isthing", 1)), record.get("color"))


def _table(segments: Any) -> NDArray[np.int64]:
    """``Segments.table``, with categories in place of classes."""
    rows = [(int(one["id"]), int(one["category_id"]), int(one.get("iscrowd", 0))) for one in segments]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)
