"""``sensitivity``: options, and the ranking on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobileseg.cli.console import decibel, percent, results, say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import (
    Calibration,
    Classes,
    DataFormat,
    Ema,
    Force,
    Json,
    Model,
    Refresh,
    Size,
    Weights,
    parse_size,
)
from mobileseg.cli.progress import stages
from mobileseg.models.card import plain_name

if TYPE_CHECKING:
    from mobileseg.export.analysis.sensitivity import Sensitivity

SHOWN = 15


def sensitivity(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="Labelled images, so that costs are in mIoU too. Default: the calibration images."
        ),
    ] = None,
    data_format: DataFormat = None,
    classes: Classes = None,
    weights: Weights = None,
    ema: Ema = None,
    refresh: Refresh = False,
    size: Size = None,
    calibration: Calibration = None,
    images: Annotated[int, typer.Option(help="Look at so many images at most.")] = 16,
    budget: Annotated[float, typer.Option(help="Minutes; fewer images are looked at where they do not suffice.")] = 10,
    drop: Annotated[
        float | None,
        typer.Option(help="With --data: points of mIoU that int8 may cost, as the goal. Default: no goal."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Default: MODEL-keep-float.toml in the working folder."),
    ] = None,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Find the layers that cost accuracy in int8.

    Writes the list of those worth keeping float, which `export --keep-float` takes.
    """
    from mobileseg import export

    figures = json_output(json_file, force)
    target = Path(output or f"{plain_name(model.removesuffix('.toml').rpartition(':')[2])}-keep-float.toml")
    found = export.sensitivity(
        model, data=data, data_format=data_format, classes=classes, weights=weights,
        size=parse_size(size), calibration=calibration, images=images,
        budget_s=60 * budget, drop=None if drop is None else drop / 100, output=target, force=force, progress=stages(),
        ema=ema, refresh=refresh,
    )  # fmt: skip
    if figures is not None:
        figures.write(found.to_json())
    _show(found)
    kept = f"{len(found.keep)} layers to keep float" if found.keep else "no layer is worth keeping float"
    say(f"wrote {target}: {kept}")


def _show(found: Sensitivity) -> None:
    from mobileseg.cli.tables import add, table

    console = results()
    say(
        f"{found.model} at {found.size[0]}x{found.size[1]}, weights {found.weights}; calibrated on {found.calibration}; "
        f"{found.images} images of {found.probes}; {found.spent_s:.0f} s of {found.budget_s:.0f} s"
    )
    say(
        f"all in int8: SQNR {decibel(found.int8.sqnr_db)}, same class {percent(found.int8.agreement)}, "
        f"mIoU {percent(found.int8.miou)} (float {percent(found.float_miou)})"
    )
    ranking = table("layer", "alone", "with all before it", "mIoU alone", "multiply-adds")
    for cost in found.layers[:SHOWN]:
        add(
            ranking,
            cost.layer,
            decibel(cost.alone.sqnr_db),
            decibel(cost.cumulative.sqnr_db),
            percent(cost.alone.miou),
            percent(cost.multiply_adds),
        )
    console.print(ranking)
    if len(found.layers) > SHOWN:
        say(f"and {len(found.layers) - SHOWN} more that cost less")
    for step in found.kept:
        say(
            f"{step.layer} float as well: SQNR {decibel(step.figures.sqnr_db)}, mIoU {percent(step.figures.miou)}, "
            f"{percent(step.int8_share)} of the multiply-adds in int8"
        )
