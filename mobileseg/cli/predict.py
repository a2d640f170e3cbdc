"""``predict``: options, and what was written."""

from __future__ import annotations

from typing import Annotated

import typer

from mobileseg.cli.console import percent, say
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
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Folder for the pictures. Default: predictions; a classifier draws none."),
    ] = None,
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
    """Segment images with an exported file or a reference model; a classifier names what is in them.

    A file runs in its own runtime, a reference model in PyTorch.
    """
    import mobileseg
    from mobileseg.interface.predicting import draws_pictures

    if output is None and (masks or draws_pictures(source)):
        output = "predictions"
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
        if found.classifier:
            say(
                f"{image.image.name}: {', '.join(f'{name} {percent(share, 1)}' for name, share in image.shares.items())}"
            )
        for file in image.files:
            say(str(file))
