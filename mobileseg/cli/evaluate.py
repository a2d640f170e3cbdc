"""``evaluate``: options."""

from __future__ import annotations

from typing import Annotated

import typer

from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import (
    CenterThreshold,
    Classes,
    DataFormat,
    Ema,
    Force,
    Groups,
    Json,
    Model,
    NmsKernel,
    Protocol,
    Refresh,
    Size,
    StuffArea,
    TopK,
    Weights,
    complete_resize,
    parse_size,
)
from mobileseg.cli.progress import stages


def evaluate(
    model: Model,
    data: Annotated[
        str,
        typer.Option(
            help="Labelled images, such as a folder with images/ and masks/, or 'samples'; for a classifier a folder for each class."
        ),
    ],
    weights: Weights = None,
    ema: Ema = None,
    refresh: Refresh = False,
    protocol: Protocol = "deploy",
    size: Size = None,
    resize: Annotated[
        str | None,
        typer.Option(
            help="With --protocol deploy: squash, letterbox or crop. Default: squash.", autocompletion=complete_resize
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="train, val or test. Default: the whole folder, where it has no splits.")
    ] = None,
    groups: Groups = None,
    data_format: DataFormat = None,
    classes: Classes = None,
    center_threshold: CenterThreshold = None,
    nms_kernel: NmsKernel = None,
    top_k: TopK = None,
    stuff_area: StuffArea = None,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Measure the accuracy of a reference model on labelled images."""
    import mobileseg

    figures = json_output(json_file, force)
    found = mobileseg.evaluate(
        model, data, weights=weights, ema=ema, refresh=refresh, protocol=protocol, size=parse_size(size), resize=resize,
        split=split, groups=groups, data_format=data_format, classes=classes, center_threshold=center_threshold,
        nms_kernel=nms_kernel, top_k=top_k, stuff_area=stuff_area, progress=stages(),
    )  # fmt: skip
    if figures is not None:
        figures.write(found.to_json())
    from mobileseg.cli.evaluate_tables import show

    show(found)
