"""``advise``: options, and the table on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mobileseg.cli.console import decibel, megabytes, percent, results, say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import Calibration, Classes, Force, Json, Model, Size, Weights, parse_size
from mobileseg.cli.progress import stages

if TYPE_CHECKING:
    from mobileseg.latency.advice.advice import Advice, FileAdvice


def advise(
    model: Model,
    precision: Annotated[
        list[str] | None, typer.Option(help="One to look at; may be given again. Default: all that ExecuTorch has.")
    ] = None,
    size: Size = None,
    weights: Weights = None,
    calibration: Calibration = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Labelled images to compare on, or 'samples'. Default: what the export verifies on, no mIoU."
        ),
    ] = None,
    classes: Classes = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="A folder that keeps the files. Default: none are kept.")
    ] = None,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Say which precision to take for which phone.

    Exports the model to ExecuTorch in every precision, compares the files, and counts what they execute on emulated ARM cores.
    """
    from mobileseg import latency

    figures = json_output(json_file, force)
    found = latency.advise(
        model, precisions=precision or None, size=parse_size(size), weights=weights, calibration=calibration, data=data,
        classes=classes, output=output, force=force, progress=stages(),
    )  # fmt: skip
    if figures is not None:
        figures.write(found.to_json())
    show(found)
    found.check()


def show(found: Advice) -> None:
    """The table, and a recommendation for every kind of device."""
    from mobileseg.cli.tables import add, table

    counted = [device for device in found.devices if device.instructions]
    say(f"{found.model} at {found.size[0]}x{found.size[1]}, weights {found.weights}")
    made = table(
        "precision", "MB", "same class", "SQNR", "mIoU change", "verdict", *(str(each.core) for each in counted)
    )
    made.columns[0].justify = "left"
    for file in found.files:
        cells = [_millions(device.instructions.get(file.precision)) for device in counted]
        size = "no file" if file.size_bytes is None else megabytes(file.size_bytes).removesuffix(" MB")
        add(
            made, file.precision, size, percent(file.agreement), decibel(file.sqnr_db), _change(file), file.verdict, *cells
        )  # fmt: skip
    results().print(made)
    for file in found.files:
        if file.failure is not None:
            say(f"{file.precision}: no file, {file.failure}")
    accuracy = next((file.accuracy_on for file in found.files if file.accuracy_on), "nothing")
    say(
        f"accuracy against the reference model on {accuracy}; under a core's name millions of instructions of one inference, not time"
    )
    for device in found.devices:
        say(f"{device.title} ({device.examples}): {device.recommended or 'UNKNOWN'}: {device.why}")


def _change(file: FileAdvice) -> str:
    if file.miou_change is None or file.interval is None:
        return "not measured"
    low, high = file.interval
    return f"{100 * file.miou_change:+.2f} ({100 * low:+.2f} .. {100 * high:+.2f})"


def _millions(count: int | None) -> str:
    return "not counted" if count is None else f"{count / 1e6:.1f}"
