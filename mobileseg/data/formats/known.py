"""Public data sets whose layouts are pairs of folders."""

from __future__ import annotations

from mobileseg.data.encoding import IGNORE, OTHERS
from mobileseg.data.formats.pairs import PairReader, Pairs, layouts

# Numbers of the classes in *_labelIds.png, in the order of the 19 classes; all others are not evaluated (cityscapesScripts, labels.py).
_CITYSCAPES_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
# Things of COCO that no image has, as the pixel maps of COCO-Stuff count them: category minus 1 (cocostuff, labels.md).
_COCO_UNUSED = (11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90)
_COCO_VALUES = [value for value in range(182) if value not in _COCO_UNUSED]

_TRAIN_IDS = "_labelTrainIds"


def _cityscapes(kind: str) -> tuple[Pairs, ...]:
    folders, image = ("leftImg8bit/{split}", f"{kind}/{{split}}"), "_leftImg8bit"
    by_id: dict[str, str | int] = {str(value): number for number, value in enumerate(_CITYSCAPES_IDS)}
    return (
        Pairs(*folders, image, f"_{kind}{_TRAIN_IDS}"),
        Pairs(*folders, image, f"_{kind}_labelIds", label_map={**by_id, OTHERS: IGNORE}),
    )


# The labels of its test split are withheld.
CITYSCAPES = PairReader(
    (*_cityscapes("gtFine"), *_cityscapes("gtCoarse")),
    {"train": ("train",), "val": ("val",)},
    classes="cityscapes",
)

ADE20K = PairReader(
    (Pairs("images/{split}", "annotations/{split}"),),
    {"train": ("training",), "val": ("validation",)},
    inside=("ADEChallengeData2016",),
    classes="ade20k",
)

_PIXEL_MAPS: dict[str, str | int] = {
    **{str(value): number for number, value in enumerate(_COCO_VALUES)},
    "255": IGNORE,
}
COCO_STUFF = PairReader(
    (
        Pairs("images/{split}", "annotations/{split}", label_suffix=_TRAIN_IDS),
        *(
            Pairs(images, labels, not_labels=(_TRAIN_IDS,), label_map=_PIXEL_MAPS)
            for labels in ("stuffthingmaps/{split}", "annotations/{split}")
            for images in ("images/{split}", "{split}")
        ),
    ),
    {"train": ("train2017",), "val": ("val2017",)},
    classes="coco-stuff",
)

CAMVID = PairReader(
    (Pairs("{split}", "{split}annot"),),
    inside=("CamVid",),
    classes="camvid",
)

MMSEG = PairReader(layouts(Pairs("img_dir/{split}", "ann_dir/{split}")))
