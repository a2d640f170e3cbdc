"""The data formats, as data: what each looks like, and what reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mobileseg.data.formats.contract import Reader
from mobileseg.errors import DatasetError
from mobileseg.registry import choose, load


@dataclass(frozen=True)
class DataFormat:
    """``reader``: dotted path of a ``Reader``. ``layout``: what is recognised, in words. ``classes``: the class list that it comes with,
    None where classes.json or ``--classes`` says."""

    name: str
    title: str
    reader: str
    layout: str
    classes: str | None = None

    def load(self, options: str = "") -> Reader:
        """The reader. Raises ``DatasetError`` for options that it does not take."""
        reader: Any = load(self.reader)
        if not options:
            return cast(Reader, reader)
        if not hasattr(reader, "with_options"):
            raise DatasetError(
                expected=f"the data format {self.name} alone", found=f"{self.name}:{options}", fix="leave the rest out"
            )
        return cast(Reader, reader.with_options(options))


_PAIRS = "mobileseg.data.formats.known:"
# In the order in which they are recognised: the more particular ones first.
FORMATS = {
    row.name: row
    for row in (
        DataFormat("cityscapes", "Cityscapes", f"{_PAIRS}CITYSCAPES",
                   "leftImg8bit/train/CITY/*_leftImg8bit.png and gtFine/train/CITY/*_labelTrainIds.png or *_labelIds.png", "cityscapes"),
        DataFormat("cityscapes-panoptic", "Cityscapes panoptic", "mobileseg.data.formats.panoptic:CITYSCAPES",
                   "leftImg8bit/, gtFine/cityscapes_panoptic_train.json and the folder of PNG files beside it", "cityscapes"),
        DataFormat("ade20k", "ADE20K SceneParsing", f"{_PAIRS}ADE20K",
                   "images/training/*.jpg and annotations/training/*.png, where 0 is no class", "ade20k"),
        DataFormat("voc", "PASCAL VOC", "mobileseg.data.formats.voc:VOC",
                   "JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/train.txt", "voc"),
        DataFormat("coco-panoptic", "COCO panoptic", "mobileseg.data.formats.panoptic:COCO",
                   "annotations/panoptic_train2017.json, the folder of PNG files of that name, and train2017/"),
        DataFormat("coco-stuff", "COCO-Stuff", f"{_PAIRS}COCO_STUFF",
                   "train2017/ and stuffthingmaps/train2017/, or images/train2017/ and annotations/train2017/", "coco-stuff"),
        DataFormat("camvid", "CamVid as SegNet distributes it", f"{_PAIRS}CAMVID",
                   "train/*.png and trainannot/*.png, where 11 is no class", "camvid"),
        DataFormat("mmseg", "mmsegmentation", f"{_PAIRS}MMSEG", "img_dir/train/ and ann_dir/train/"),
        DataFormat("folder", "folders", "mobileseg.data.formats.folder:FOLDER",
                   "train/images/ and train/masks/, or images/train/ and masks/train/, or one images/ and masks/ (or instances/)"),
        DataFormat("parquet", "Hugging Face datasets", "mobileseg.data.formats.parquet:PARQUET",
                   "data/train-*.parquet with a column of images and one of masks"),
    )
}  # fmt: skip


def format_of(root: Path, name: str | None) -> Reader:
    """The reader of the format called ``name``, or of the one that ``root`` looks like. After a colon, a name may have what the reader
    is to know, as in ``parquet:image,mask``. Raises ``UnknownNameError``, ``DatasetError``."""
    if not root.exists():
        raise DatasetError(
            expected="a folder with images/ and masks/ or instances/", found=f"no folder at {root}", fix="check --data"
        )
    if name is not None:
        kind, _, options = name.partition(":")
        row = choose(FORMATS, kind, "data format")
        return row.load(options) if options else checked(row, root)
    for row in FORMATS.values():
        if (reader := row.load()).recognises(root):
            return reader
    raise _unknown(root)


def checked(row: DataFormat, root: Path) -> Reader:
    """The reader of a format that ``root`` must look like. Raises ``DatasetError``."""
    reader = row.load()
    if not reader.recognises(root):
        raise DatasetError(
            expected=f"{row.title} in {root}: {row.layout}",
            found=f"only {_content(root)}",
            fix="check --data and --data-format",
        )
    return reader


def _unknown(root: Path) -> DatasetError:
    lacking = "masks/ or instances/" if (root / "images").is_dir() else "images/"
    return DatasetError(
        expected=f"a folder {lacking} in {root}, or a layout that is read: {', '.join(FORMATS)}",
        found=f"only {_content(root)}",
        fix="put the images into images/ and the labels, under the same names, into masks/ (or instances/)",
    )


def _content(root: Path) -> str:
    return (", ".join(sorted(path.name for path in root.iterdir())[:8]) if root.is_dir() else root.name) or "nothing"
