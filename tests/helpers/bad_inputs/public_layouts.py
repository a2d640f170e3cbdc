"""Public data sets in which something is missing or damaged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import layouts
import numpy as np
from layouts import save, stripes

from bad_inputs.case import Case, Make, both, file
from bad_inputs.folders import FINETUNE, good, removed, replaced, shortened

ADE = "d/ADEChallengeData2016"
VOC = "d/VOCdevkit/VOC2012"
LISTS = f"{VOC}/ImageSets/Segmentation"
JSON = "d/annotations/panoptic_train2017.json"
CAMVID = "d/trainannot/0001TP_train_000000.png"
CITY = "d/gtFine/train/ulm/ulm_000000_000019_gtFine_labelIds.png"


def public(
    kind: str, name: str, write: Callable[[Path], object], change: Make, *words: str, more: tuple[str, ...] = ()
) -> Case:
    return Case(f"{kind}: {name}", (*FINETUNE, *more), words, both(lambda folder: write(folder / "d"), change))


def ade20k(name: str, change: Make, *words: str) -> Case:
    return public("ade20k", name, layouts.ade20k, change, *words)


def cityscapes(name: str, change: Make, *words: str) -> Case:
    return public("cityscapes", name, layouts.cityscapes, change, *words)


def voc(name: str, change: Make, *words: str) -> Case:
    return public("voc", name, layouts.voc, change, *words)


def panoptic(name: str, change: Make, *words: str) -> Case:
    return public("panoptic", name, layouts.coco_panoptic, change, *words)


def edited(change: Callable[[dict[str, Any]], object]) -> Make:
    """The panoptic JSON, ``change`` applied to what it holds."""

    def make(folder: Path) -> None:
        content = json.loads((folder / JSON).read_text())
        change(content)
        (folder / JSON).write_text(json.dumps(content))

    return make


def first(part: str, **fields: Any) -> Make:
    """Of the panoptic JSON, the first record of ``part`` with other fields; without those that are None."""

    def change(content: dict[str, Any]) -> None:
        record = {**content[part][0], **fields}
        content[part][0] = {key: value for key, value in record.items() if value is not None}

    return edited(change)


def segment(**fields: Any) -> Make:
    def change(content: dict[str, Any]) -> None:
        content["annotations"][0]["segments_info"][0].update(fields)

    return edited(change)


def empty_masks(folder: Path) -> None:
    for path in (folder / ADE / "annotations" / "training").iterdir():
        save(path, stripes(0))


def only_colors(folder: Path) -> None:
    for path in (folder / "d/gtFine").rglob("*_labelIds.png"):
        path.unlink()


def linked(folder: Path) -> None:
    """A link to a file that is gone."""
    path = folder / ADE / "images/training/ADE_train_00000001.jpg"
    path.unlink()
    os.symlink("nowhere.jpg", path)


def two_lists(folder: Path) -> None:
    """train/ and val/ with classes.json of their own."""
    for split, names in (("train", ["a", "b"]), ("val", ["b", "a"])):
        for i in range(3):
            save(folder / "d" / split / "images" / f"{i}.png", layouts.picture(i))
            save(folder / "d" / split / "masks" / f"{i}.png", np.asarray(stripes(0, 1)))
        layouts.classes_json(folder / "d" / split, names=names)


CASES = (
    ade20k("a mask missing", removed(f"{ADE}/annotations/training/ADE_train_00000002.png"), "1 images without a mask"),
    ade20k("an image missing", removed(f"{ADE}/images/validation/ADE_val_00000001.jpg"), "1 masks without an image"),
    ade20k("a value too large", replaced(f"{ADE}/annotations/training/ADE_train_00000002.png", stripes(0, 151)), "labels 1..150", "151"),
    ade20k("nothing labelled", empty_masks, "labelled pixels"),
    ade20k("a broken image", shortened(f"{ADE}/images/training/ADE_train_00000002.jpg", 0.5), "ADE_train_00000002.jpg"),
    ade20k("a link to nothing", linked, "ADE_train_00000001.jpg"),
    ade20k("no training", removed(f"{ADE}/images/training"), "val/ beside train/"),
    cityscapes("colours alone", only_colors, "gtFine"),
    cityscapes("a mask missing", removed(CITY), "1 images without a mask"),
    cityscapes("a mask in colours", replaced(CITY, layouts.picture(1)), "RGB, in"),
    public(
        "cityscapes", "train ids that are label ids", lambda root: layouts.cityscapes(root, "labelTrainIds"),
        replaced(CITY.replace("labelIds", "labelTrainIds"), stripes(33)), "labels 0..18", "33",
    ),
    voc("a name without a mask", removed(f"{VOC}/SegmentationClass/2007_000039.png"), "an image and a mask", "2007_000039"),
    voc("a name without an image", removed(f"{VOC}/JPEGImages/2007_000039.jpg"), "an image and a mask", "2007_000039"),
    voc("a list in another encoding", file(f"{LISTS}/train.txt", b"2007_000032\n\xe4\xf6\xfc\n"), "train.txt"),
    voc("an empty list", file(f"{LISTS}/train.txt", b"\n\n"), "val/ beside train/"),
    voc("a value of no class", replaced(f"{VOC}/SegmentationClass/2007_000032.png", stripes(0, 99)), "labels 0..20", "99"),
    voc("a map of colours in another encoding", file(f"{VOC}/labelmap.txt", b"stra\xdfe:1,2,3::\n"), "labelmap.txt"),
    voc("a map of no colours", file(f"{VOC}/labelmap.txt", b"road\n"), "name:r,g,b", "labelmap.txt"),
    voc("a map of odd colours", file(f"{VOC}/labelmap.txt", b"a:1,2,999::\nb:0,0,0::\n"), "labelmap.txt"),
    voc("a map with a colour twice", file(f"{VOC}/labelmap.txt", b"a:1,2,3::\nb:1,2,3::\n"), "labelmap.txt"),
    voc("other colours", file(f"{VOC}/labelmap.txt", b"a:1,2,3::\nb:0,0,1::\n"), "label_map"),
    panoptic("no JSON", file(JSON, b"{nothing"), JSON),
    panoptic("an empty file", file(JSON, b""), JSON),
    panoptic("a list", file(JSON, b"[1, 2]"), JSON),
    panoptic("no text", file(JSON, b'{"images": ["\xff"]}'), JSON),
    panoptic("too deep", file(JSON, b'{"images": ' + b"[" * 100_000), JSON),
    panoptic("cut off", shortened(JSON, 0.6), JSON),
    panoptic("that of the instances", file(JSON, b'{"annotations": [{"id": 1, "segmentation": []}]}'), "panoptic", JSON),
    panoptic("annotations of numbers", edited(lambda c: c.update(annotations=[1, 2])), JSON),
    panoptic("images of texts", edited(lambda c: c.update(images=["a", "b"])), JSON),
    panoptic("no categories", edited(lambda c: c.pop("categories")), "categor"),
    panoptic("categories of numbers", edited(lambda c: c.update(categories=[1, 2])), "categor"),
    panoptic("a category without a number", first("categories", id=None), "categor"),
    panoptic("a category without a name", first("categories", name=None), "categor"),
    panoptic("a category with an odd number", first("categories", id="three"), "categor"),
    panoptic("a category with an odd colour", first("categories", color=[1, 2, 999]), "categor"),
    panoptic("a category twice", first("categories", name="sky"), "occurs twice"),
    panoptic("a list as the id of an image", first("annotations", image_id=[9]), JSON),
    panoptic("a list as the id in images", first("images", id=[9]), JSON),
    panoptic("no segments", first("annotations", segments_info=None), "segments_info"),
    panoptic("segments that are a number", first("annotations", segments_info=7), JSON),
    panoptic("another PNG", first("annotations", file_name="x.png"), "an image and a PNG", "x.png"),
    panoptic("another image", first("images", file_name="x.jpg"), "an image and a PNG"),
    panoptic("a segment of no category", segment(category_id=999), "999"),
    panoptic("a segment without a number", segment(id="x"), JSON),
    panoptic("a segment beyond all numbers", segment(id=1 << 80), JSON),
    panoptic("a segment that is not listed", segment(id=12345), "segments of 000000000009.png"),
    panoptic("segments as grey", replaced("d/annotations/panoptic_train2017/000000000009.png", stripes(0, 1)), "8-bit RGB"),
    panoptic("a PNG missing", removed("d/annotations/panoptic_train2017/000000000009.png"), "an image and a PNG"),
    panoptic("no images", removed("d/train2017"), "train2017"),
    public("coco-stuff", "a gap", layouts.coco_stuff, replaced("d/stuffthingmaps/train2017/000000000009.png", stripes(11)), "11"),
    public("coco-stuff", "no mask", layouts.coco_stuff, removed("d/stuffthingmaps/train2017/000000000009.png"), "without a mask"),
    public("camvid", "a value too large", layouts.camvid, replaced(CAMVID, stripes(12)), "labels 0..10", "12"),
    public("camvid", "no val", layouts.camvid, removed("d/val"), "val/ beside train/"),
    public("mmseg", "no classes", layouts.mmseg, removed("d/classes.json"), "classes"),
    public("mmseg", "a mask missing", layouts.mmseg, removed("d/ann_dir/train/1.png"), "1 images without a mask"),
    public("nested", "other classes in val", layouts.nested, replaced("d/masks/val/1.png", stripes(3)), "labels 0..2"),
    public("split", "other classes", lambda root: None, two_lists, "the classes of train in val"),
    Case("formats: another name", (*FINETUNE, "--data-format", "ade"), ("did you mean ade20k",), good),
    Case("formats: another layout", (*FINETUNE, "--data-format", "cityscapes"), ("Cityscapes in d", "only classes.json"), good),
    Case("formats: what it does not take", (*FINETUNE, "--data-format", "folder:x"), ("the data format folder alone",), good),
)  # fmt: skip
