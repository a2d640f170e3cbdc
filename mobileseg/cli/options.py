"""Options that several verbs share, and how their values are read and completed."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from mobileseg.errors import SizeError


def complete_models(incomplete: str) -> list[str]:
    """Names of the zoo."""
    from mobileseg.models.registry import MODELS

    return [name for name in MODELS if name.startswith(incomplete)]


def complete_targets(incomplete: str) -> list[str]:
    """Names of the targets."""
    from mobileseg.export.targets import TARGETS

    return [name for name in TARGETS if name.startswith(incomplete)]


def complete_protocols(incomplete: str) -> list[str]:
    """Names of the protocols of ``latency``."""
    return [name for name in ("quick", "standard", "strict", "sustained") if name.startswith(incomplete)]


def complete_devices(incomplete: str) -> list[str]:
    """Kinds of devices; none is looked for."""
    from mobileseg.latency.devices.table import DEVICES

    kinds = [f"{spec.name}:" if spec.required else spec.name for spec in DEVICES.values()]
    return [kind for kind in kinds if kind.startswith(incomplete)]


def complete_training_devices(incomplete: str) -> list[str]:
    """Names of the devices of ``finetune``; none is looked for."""
    return [name for name in ("auto", "cpu", "cuda", "mps") if name.startswith(incomplete)]


def complete_formats(incomplete: str) -> list[str]:
    """Names of the data formats."""
    from mobileseg.data.formats.table import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def complete_evaluations(incomplete: str) -> list[str]:
    """Names of the protocols of ``evaluate`` and ``compare``."""
    from mobileseg.data.protocols import AUTHORS, DEPLOY, PROTOCOLS

    return [name for name in (DEPLOY, AUTHORS, *PROTOCOLS) if name.startswith(incomplete)]


def complete_resize(incomplete: str) -> list[str]:
    """Names of the ways to resize."""
    from mobileseg.data.fit import RESIZE_MODES

    return [name for name in RESIZE_MODES if name.startswith(incomplete)]


def complete_classes(incomplete: str) -> list[str]:
    """Names of the class lists that ship."""
    from mobileseg.data.class_lists import CLASS_LISTS

    return [name for name in CLASS_LISTS if name.startswith(incomplete)]


def parse_size(text: str | None) -> tuple[int, int] | None:
    """``384x512`` -> (384, 512), height first; raises ``SizeError``."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,9})[xX×](\d{1,9})", text.strip())
    if match is None:
        raise SizeError(
            expected="a size as HxW, such as 384x512", found=repr(text), fix="give height and width in pixels"
        )
    return int(match.group(1)), int(match.group(2))


Model = Annotated[
    str,
    typer.Argument(
        help="A model's name (`mobileseg list`), or a network of yours: package.module:factory, or a model.toml. Its code runs.",
        autocompletion=complete_models,
        show_default=False,
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="A bundled name, a path, an address (https://...[#sha256=...] or hf://owner/repo/file[@revision]), 'official' for "
        "the authors' file, or 'random'. Default: the model's bundled weights."
    ),
]
Ema = Annotated[
    bool | None,
    typer.Option(
        "--ema/--no-ema",
        help="Of a file with plain and averaged weights take the averaged or the plain ones. Default: the averaged ones.",
        show_default=False,
    ),
]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Download --weights again. Default: take them from the cache.")
]
Size = Annotated[
    str | None,
    typer.Option(
        metavar="HxW", help="Input height x width in pixels. Default: the size of the weights, else of the model."
    ),
]
Resize = Annotated[
    str,
    typer.Option(
        help="How pictures of any size become the input, here and wherever the file runs: squash (proportions given up), "
        "letterbox (the whole picture, between bars) or crop (its middle).",
        autocompletion=complete_resize,
    ),
]
Protocol = Annotated[
    str,
    typer.Option(
        help="deploy: every picture at the file's size. authors: also as the model's authors evaluate it on this data set. Or by name: "
        "ade20k, cityscapes, cityscapes-half, cityscapes-deeplab2, imagenet, imagenet-van, imagenet-axial.",
        autocompletion=complete_evaluations,
    ),
]
Calibration = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER", help="Images that set the int8 ranges. Default: a third of the bundled street images."
    ),
]
Groups = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        help="Regular expression that finds in an image's name which images belong together, such as frames of one video: "
        "'^([^_]+)_'. Default: groups in classes.json, else each image is its own.",
    ),
]
CenterThreshold = Annotated[
    float | None,
    typer.Option(
        help="Panoptic: heat, 0..1, that the centre of an instance must exceed. Default: as the data or the file says."
    ),
]
NmsKernel = Annotated[
    int | None,
    typer.Option(
        help="Panoptic: side in pixels, odd, of the window in which a centre is the maximum. Default: as above."
    ),
]
TopK = Annotated[int | None, typer.Option(help="Panoptic: at most so many centres in an image. Default: as above.")]
StuffArea = Annotated[
    int | None,
    typer.Option(help="Panoptic: smallest area in pixels of a class without instances. Default: as above."),
]
DataFormat = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How the data lie on disk: folder, mmseg, ade20k, cityscapes, cityscapes-panoptic, voc, coco-panoptic, coco-stuff, "
        "camvid, parquet[:IMAGES,MASKS]. Default: recognised.",
        autocompletion=complete_formats,
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="Class list: ade20k, cityscapes, voc, coco-panoptic, coco-stuff, camvid, imagenet, or a classes.json (names, palette, "
        "ignore_index, label_map, or reduce_zero_label where 0 is no class). Default: the data's classes.json, else the format's.",
        autocompletion=complete_classes,
    ),
]
Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="FILE",
        help="Write the result as JSON to this file; '-' is standard output. Default: no JSON.",
    ),
]
Stored = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FOLDER",
        help="Take the result from this store of `sweep` where it is known, else keep it there. Default: no store.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist. Default: refuse to.")]
AnyVersion = Annotated[
    bool,
    typer.Option(
        "--any-version",
        help="Accept a file that was verified with another release of its runtime. Default: refuse it.",
    ),
]
