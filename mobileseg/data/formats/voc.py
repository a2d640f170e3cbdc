"""PASCAL VOC: images in ``JPEGImages/``, palette masks in ``SegmentationClass/``, and the splits as lists of names. Tools that export this
layout add ``labelmap.txt``, with the colours of their classes."""

from __future__ import annotations

from pathlib import Path

from mobileseg.data.class_lists import shipped
from mobileseg.data.classes import ClassSet, reason
from mobileseg.data.formats.contract import SPLIT_NAMES, Listing
from mobileseg.data.formats.pairing import MOST_NAMED, keyed, pictures
from mobileseg.data.labels import Item
from mobileseg.errors import DatasetError

LISTS = Path("ImageSets/Segmentation")
LABEL_MAP = "labelmap.txt"


class VocReader:
    """Implements ``Reader``."""

    def recognises(self, root: Path) -> bool:
        return _base(root) is not None

    def splits(self, root: Path) -> tuple[str, ...]:
        base = _base(root)
        # The masks of the test images are withheld: its list names none that has one.
        return () if base is None else tuple(split for split in SPLIT_NAMES if _labelled(base, split))

    def read(self, root: Path, split: str | None, classes: ClassSet | None) -> Listing:
        base = _base(root)
        if base is None:
            raise DatasetError(
                expected="JPEGImages/ and SegmentationClass/",
                found=f"not both in {root}",
                fix="check --data and --data-format",
            )
        images, masks = pictures(base / "JPEGImages"), keyed(base / "SegmentationClass")
        names = _listed(base, split) if split else list(masks)
        lacking = [name for name in names if name not in images or name not in masks]
        if lacking or not names:
            raise DatasetError(
                expected=f"an image and a mask for every name in {split or 'the'} list",
                found=f"not both for {len(lacking)} of {len(names)} in {base}: {', '.join(lacking[:MOST_NAMED])}",
                fix="add the missing files, or remove their names from the list",
            )
        return Listing(tuple(Item(images[name], masks[name], None) for name in names), classes or _classes(base))


VOC = VocReader()


def _base(root: Path) -> Path | None:
    """The folder of the data: ``root``, or one below it, as in ``VOCdevkit/VOC2012``."""
    for base in (root, *sorted(root.glob("VOC*")), *sorted(root.glob("VOCdevkit/VOC*"))):
        if (base / "JPEGImages").is_dir() and (base / "SegmentationClass").is_dir():
            return base
    return None


def _listed(base: Path, split: str) -> list[str]:
    """The names in the list of a split, none where there is no list."""
    for name in SPLIT_NAMES[split]:
        file = base / LISTS / f"{name}.txt"
        if file.is_file():
            return _lines(file)
    return []


def _labelled(base: Path, split: str) -> bool:
    names = _listed(base, split)
    return bool(names) and (base / "SegmentationClass" / f"{names[0]}.png").is_file()


def _classes(base: Path) -> ClassSet:
    """Those of labelmap.txt, whose lines are ``name:r,g,b:parts:actions``; else VOC's own."""
    file = base / LABEL_MAP
    if not file.is_file():
        return shipped("voc")
    rows = [line.split(":") for line in _lines(file) if not line.startswith("#")]
    try:
        colors = {row[0]: tuple(int(part) for part in row[1].split(",")) for row in rows}
        return ClassSet.model_validate(
            {"names": list(colors), "palette": list(colors.values()), "label_map": "palette"}
        )
    except (IndexError, ValueError) as error:  # pydantic's error is a ValueError
        raise DatasetError(
            expected="lines as in name:r,g,b::", found=f"{file}: {reason(error)}", fix="fix this file"
        ) from error


def _lines(file: Path) -> list[str]:
    """Those that are not empty. Raises ``DatasetError`` for text in another encoding than UTF-8."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(expected="a text in UTF-8", found=f"{file}: {error}", fix="save it in UTF-8") from error
    return [stripped for line in lines if (stripped := line.strip())]
