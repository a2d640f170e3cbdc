"""``predict``: options, and what was written."""

from __future__ import annotations

from typing import Annotated

import typer

from mobileseg.cli.console import say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import (
    AnyVersion,
    CenterThreshold,
    Ema,
    Force,
    Json,
    NmsKernel,
    Refresh,
    Size,
    StuffArea,
    TopK,
    Weights,
    complete_models,
    parse_size,
)


def predict(
    source: Annotated[
        str,
        typer.Argument(
            metavar="ARTIFACT",
            help="An exported file, or a model's name for its reference model.",
            autocompletion=complete_models,
            show_default=False,
        ),
    ],
    images: Annotated[list[str], typer.Argument(help="Images or folders of images; 'samples' is the bundled set.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder for the pictures.")] = "predictions",
    masks: Annotated[
        bool, typer.Option("--masks", help="Write class numbers as palette PNG. Default: overlays with a legend.")
    ] = False,
    center_threshold: CenterThreshold = None,
    nms_kernel: NmsKernel = None,
    top_k: TopK = None,
    stuff_area: StuffArea = None,
    weights: Weights = None,
    ema: Ema = None,
    refresh: Refresh = False,
    size: Size = None,
    json_file: Json = None,
    force: Force = False,
    any_version: AnyVersion = False,
) -> None:
    """Segment images with an exported file or a reference model.

    A file runs in its own runtime, a reference model in PyTorch.
    """
    import mobileseg

    figures = json_output(json_file, force)
    found = mobileseg.predict(
        source, images, weights=weights, size=parse_size(size), output=output, masks=masks, center_threshold=center_threshold,
        nms_kernel=nms_kernel, top_k=top_k, stuff_area=stuff_area, force=force, any_version=any_version,
        ema=ema, refresh=refresh,
    )  # fmt: skip
    if figures is not None:
        figures.write(found.to_json())
    if found.note:
        say(f"WARNING {found.note}")
    if found.evaluated_by:
        say(f"evaluated by {found.evaluated_by}")
    for image in found.images:
        for file in image.files:
            say(str(file))
