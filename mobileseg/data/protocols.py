"""How the authors of a network evaluate it on a data set: what becomes of a picture before the network sees it, as data.

Only the numbers are here; ``mobileseg.data.authors`` prepares pictures by them. OpenCV's bilinear resize of 8-bit pixels is not Pillow's:
it does not widen the filter when it shrinks, and rounds in its own way. Where authors resized with it, it is used here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mobileseg.data.class_lists import shipped
from mobileseg.errors import RequestError
from mobileseg.registry import choose

DEPLOY, AUTHORS = "deploy", "authors"


@dataclass(frozen=True)
class Protocol:
    """One row. ``data``: the class list of the data set; ``families``: of models; ``source``: where it was read.

    ``scale``: the longer and the shorter side, in pixels, that a picture is resized to, in its proportions, whichever is reached first,
    with OpenCV's bilinear filter; then each side up to a multiple of ``multiple``. ``pad``: height, width that a picture is padded to, at
    the bottom and on the right, in the colour that the network normalises to zero. ``shorter``, ``crop``: length in pixels that the
    shorter side is resized to with Pillow's ``filter``, and side of the square that is cut out of the middle.
    """

    name: str
    title: str
    source: str
    data: str
    task: str
    families: tuple[str, ...]
    scale: tuple[int, int] | None = None
    multiple: int = 1
    pad: tuple[int, int] | None = None
    shorter: int | None = None
    crop: int | None = None
    filter: Literal["opencv bilinear", "pillow bilinear", "pillow bicubic"] = "opencv bilinear"

    @property
    def size(self) -> tuple[int, int] | None:
        """Height, width of the network's input, None where it follows from the picture."""
        return self.pad or (None if self.crop is None else (self.crop, self.crop))


PROTOCOLS = {
    row.name: row
    for row in (
        Protocol(
            "ade20k",
            "within 2048x512 in its proportions, then up to multiples of 32; logits resized to the input, then to the labels",
            "fudan-zvg/SeaFormer, hustvl/TopFormer and Visual-Attention-Network/VAN-Segmentation, configs for ADE20K",
            "ade20k",
            "segmentation",
            ("SeaFormer", "TopFormer", "VAN"),
            scale=(2048, 512),
            multiple=32,
        ),
        Protocol(
            "cityscapes",
            "the whole picture at 1024x2048",
            "fudan-zvg/SeaFormer, configs for Cityscapes 1024x1024 (the crop of training)",
            "cityscapes",
            "segmentation",
            ("SeaFormer",),
            scale=(2048, 1024),
        ),
        Protocol(
            "cityscapes-half",
            "the whole picture at 512x1024; logits resized to the input, then to the labels",
            "fudan-zvg/SeaFormer, configs for Cityscapes 1024x512",
            "cityscapes",
            "segmentation",
            ("SeaFormer",),
            scale=(1024, 512),
        ),
        Protocol(
            "cityscapes-deeplab2",
            "the whole picture, padded to 1025x2049",
            "google-research/deeplab2, configs of Panoptic-DeepLab and Axial-SWideRNet for Cityscapes",
            "cityscapes",
            "panoptic",
            ("Axial-DeepLab",),
            pad=(1025, 2049),
        ),
        Protocol(
            "imagenet",
            "shorter side to 256 pixels, bicubic; the middle 224x224",
            "fudan-zvg/SeaFormer, seaformer-cls: timm's default crop fraction 0.875",
            "imagenet",
            "classification",
            ("SeaFormer",),
            shorter=256,
            crop=224,
            filter="pillow bicubic",
        ),
        Protocol(
            "imagenet-van",
            "shorter side to 248 pixels, bicubic; the middle 224x224",
            "Visual-Attention-Network/VAN-Classification: crop fraction 0.9",
            "imagenet",
            "classification",
            ("VAN",),
            shorter=248,
            crop=224,
            filter="pillow bicubic",
        ),
        Protocol(
            "imagenet-axial",
            "shorter side to 256 pixels, bilinear; the middle 224x224",
            "csrhddlam/axial-deeplab: torchvision's Resize and CenterCrop",
            "imagenet",
            "classification",
            ("Axial-ResNet",),
            shorter=256,
            crop=224,
            filter="pillow bilinear",
        ),
    )
}


def check_name(asked: str) -> None:
    """Raise ``UnknownNameError`` unless it is ``deploy``, ``authors``, or the name of a row."""
    choose(dict.fromkeys((DEPLOY, AUTHORS, *PROTOCOLS)), asked, "protocol")


def protocol_of(asked: str, model: str, family: str, task: str, names: Sequence[str]) -> Protocol | None:
    """What ``--protocol`` means for a ``model`` of a ``family`` and ``task`` on data with the classes ``names``: None for ``deploy``, for
    ``authors`` the first row that has the model's family and that data set, else the row of that name. Raises ``UnknownNameError``, and
    ``RequestError`` where there is none, or one for another task."""
    check_name(asked)
    if asked == DEPLOY:
        return None
    if asked != AUTHORS:
        found = PROTOCOLS[asked]
        if found.task != task:
            raise RequestError(
                expected=f"a protocol for {task}",
                found=f"{found.name}, for {found.task}",
                fix=f"choose {_or(row.name for row in PROTOCOLS.values() if row.task == task)}",
            )
        return found
    own = [row for row in PROTOCOLS.values() if family in row.families and row.task == task]
    fits = [row for row in own if tuple(names) == shipped(row.data).names]
    if fits:
        return fits[0]
    if not own:
        raise RequestError(
            expected=f"a {task} model whose authors say how they evaluate it",
            found=model,
            fix=f"--protocol {DEPLOY}, or the name of another model's",
        )
    raise RequestError(
        expected=f"data that the authors of {model} published figures on: {_or(row.data for row in own)}",
        found=f"{len(names)} other classes: {', '.join(list(names)[:4])}{', ...' if len(names) > 4 else ''}",
        fix=f"name the protocol, such as --protocol {own[0].name}",
    )


def _or(names: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(names))
