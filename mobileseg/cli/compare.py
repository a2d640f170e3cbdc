"""``compare``: options, and what follows from the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mobileseg.cli.json_output import json_output
from mobileseg.cli.junit import Junit, junit_output
from mobileseg.cli.junit import write as write_junit
from mobileseg.cli.options import (
    AnyVersion,
    CenterThreshold,
    Classes,
    DataFormat,
    Force,
    Groups,
    Json,
    NmsKernel,
    Protocol,
    Stored,
    StuffArea,
    TopK,
)
from mobileseg.cli.progress import stages
from mobileseg.cli.stored import check_stored
from mobileseg.errors import GateError, NotMeasuredError, RequestError

if TYPE_CHECKING:
    from mobileseg.export.manifest import Gate
    from mobileseg.latency.results.cases import Case

STORED = {"artifact", "data", "no_labels", "weights", "fail_on", "store", "junit", "json_file", "force"}
"""What goes with ``--store``."""
ArtifactPath = Annotated[str, typer.Argument(help="An exported file, its manifest beside it.", show_default=False)]


def compare(
    artifact: ArtifactPath,
    data: Annotated[
        str,
        typer.Option(
            help="Labelled images, such as a folder with images/ and masks/ (or instances/), or 'samples', those that calibrate nothing."
        ),
    ],
    split: Annotated[
        str | None,
        typer.Option(help="train, val or test, as `finetune --data` splits the folder. Default: the whole folder."),
    ] = None,
    groups: Groups = None,
    data_format: DataFormat = None,
    classes: Classes = None,
    protocol: Protocol = "deploy",
    weights: Annotated[
        str | None, typer.Option(help="Where the artifact's weights are now. Default: where its manifest says.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="For a file of a network that is not the zoo's: that network, as `export` took it. Its code runs only where it is named."
        ),
    ] = None,
    no_labels: Annotated[bool, typer.Option("--no-labels", help="Images only: agreement and SQNR, no mIoU.")] = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="Show where an int8 file's error arises, layer by layer.")
    ] = False,
    plot: Annotated[
        str | None, typer.Option(metavar="PNG", help="With --layers: draw them to this file. Default: no picture.")
    ] = None,
    calibration: Annotated[
        str | None,
        typer.Option(help="With --layers: where the calibration images are now. Default: where the manifest says."),
    ] = None,
    center_threshold: CenterThreshold = None,
    nms_kernel: NmsKernel = None,
    top_k: TopK = None,
    stuff_area: StuffArea = None,
    sequence: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Consecutive frames (images/, and flow/ where the motion is known), or 'samples': how many pixels keep their class "
            "from frame to frame. Default: not measured.",
        ),
    ] = None,
    shift: Annotated[
        bool,
        typer.Option(
            "--shift/--no-shift",
            help="Also move eight of the images by 1 to 8 pixels: how many pixels keep their class.",
        ),
    ] = True,
    worst: Annotated[
        int,
        typer.Option(
            help="With --json FILE: draw so many of the images that changed most into FILE-worst, for `report`."
        ),
    ] = 0,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="fail|unknown",
            help="unknown: exit code 1 also where the verdict is UNKNOWN. Default: that is exit code 4.",
        ),
    ] = None,
    store: Stored = None,
    junit: Junit = None,
    json_file: Json = None,
    force: Force = False,
    any_version: AnyVersion = False,
) -> None:
    """Compare an exported file with its reference model.

    Shows both accuracies on the same images, how far apart the outputs are, how much the classes flicker, and whether the file is good
    enough: PASS (exit code 0), FAIL (1), or UNKNOWN (4), where too little was measured to say.
    """
    if store is not None:
        check_stored(compare, dict(locals()), STORED)
    if fail_on not in (None, "fail", "unknown"):
        raise RequestError(expected="--fail-on fail or unknown", found=repr(fail_on), fix="choose one of them")
    from mobileseg import export

    output, report = json_output(json_file, force), junit_output(junit, force)
    if store is not None:
        from mobileseg import fleet

        result = fleet.compare_once(
            artifact, data, store=store, labels=not no_labels, weights=weights, progress=stages()
        )
    else:
        result = export.compare(
            artifact, data, labels=not no_labels, split=split, groups=groups, data_format=data_format, classes=classes,
            protocol=protocol, weights=weights, model=model, center_threshold=center_threshold, nms_kernel=nms_kernel, top_k=top_k,
            stuff_area=stuff_area, layers=layers, plot=plot, calibration=calibration, sequence=sequence, shift=shift,
            output=output.path if output else None, worst=worst, force=force, any_version=any_version, progress=stages(),
        )  # fmt: skip
    if output is not None and (output.path is None or store is not None):
        output.write(result.to_json())
    from mobileseg.cli.compare_tables import show

    show(result)
    if report is not None:
        write_junit(report, "compare", [_case(result.artifact_file, gate) for gate in result.gates])
    try:
        result.check()
    except NotMeasuredError as error:
        if fail_on != "unknown":
            raise
        raise GateError(expected=error.expected, found=error.found, fix=error.fix) from error


def _case(file: str, gate: Gate) -> Case:
    """One gate for ``--junit``; an optional one that was not measured passes."""
    from mobileseg.latency.results.cases import Case

    state: Literal["passed", "failed", "unknown"] = "passed"
    if gate.verdict == "FAIL":
        state = "failed"
    elif gate.verdict == "UNKNOWN" and not gate.optional:
        state = "unknown"
    return Case(gate.name, file, state, gate.expected, gate.found)
