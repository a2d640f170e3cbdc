"""``export``: options and what a person should know about the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobileseg.cli.console import say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import (
    Calibration,
    CenterThreshold,
    Ema,
    Force,
    Json,
    Model,
    NmsKernel,
    Refresh,
    Resize,
    Size,
    Stored,
    StuffArea,
    TopK,
    Weights,
    complete_targets,
    parse_size,
)
from mobileseg.cli.progress import stages
from mobileseg.cli.stored import check_stored
from mobileseg.errors import UNKNOWN_FIX, NotMeasuredError, RequestError

if TYPE_CHECKING:
    from mobileseg.export.artifact import Artifact

ONCE = (
    "precision", "size", "output", "weights", "calibration", "verify_data", "recipe", "seed", "force", "progress",
)  # fmt: skip
STORED = {"model", "target", "int8", "fp16", "json_file", "store", *ONCE}
"""What goes with ``--store``."""


def export(
    model: Model,
    target: Annotated[str, typer.Option(help="executorch, onnx or coreml.", autocompletion=complete_targets)],
    int8: Annotated[bool, typer.Option("--int8", help="Static int8, calibrated on images.")] = False,
    fp16: Annotated[
        bool,
        typer.Option(
            "--fp16",
            help="float16; ONNX: for accelerators. With --int8, ExecuTorch: of what int8 leaves float (int8-float16).",
        ),
    ] = False,
    precision: Annotated[
        str | None,
        typer.Option(
            help="By name: float32, float16, int8, int8-float16 (ExecuTorch), int8-weights (ONNX, Core ML), int8-dynamic (ONNX) or "
            "palettized (Core ML). Default: float16 for Core ML, else float32."
        ),
    ] = None,
    size: Size = None,
    resize: Resize = "squash",
    batch: Annotated[
        str | None,
        typer.Option(metavar="N|dynamic", help="ONNX: pictures that the file takes at once. Default: 1."),
    ] = None,
    opset: Annotated[int | None, typer.Option(help="ONNX: version of the operator set, 17 to 25. Default: 18.")] = None,
    symmetric: Annotated[
        bool,
        typer.Option(
            "--symmetric", help="ONNX int8: activations with zero points 0, the only ones that TensorRT takes."
        ),
    ] = False,
    input: Annotated[
        str | None,
        typer.Option(
            metavar="tensor|image",
            help="Core ML: what the file takes: a MultiArray, or a picture (ImageType, as iOS Vision gives it). Default: tensor.",
        ),
    ] = None,
    min_ios: Annotated[
        int | None, typer.Option(help="Core ML: the oldest iOS that reads the file: 16, 17 or 18. Default: 17.")
    ] = None,
    emit: Annotated[
        str | None,
        typer.Option(
            help="logits (head resolution), mask (class map at input size) or panoptic. Default: all that the head gives."
        ),
    ] = None,
    weights: Weights = None,
    ema: Ema = None,
    refresh: Refresh = False,
    num_classes: Annotated[
        int | None, typer.Option(help="With random weights. Default: as the weights say, else the model's.")
    ] = None,
    calibration: Calibration = None,
    verify_data: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Images to verify the file on, others than those of the calibration; 'samples': the bundled ones. "
            "Default: a part of the calibration folder that does not calibrate.",
        ),
    ] = None,
    keep_float: Annotated[
        str | None,
        typer.Option(
            help="With int8: a list of layers that stay float, as `sensitivity` writes it, or 'auto'. Default: none."
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="With int8: how ranges are found: histogram, minmax, percentile or mse; +bias corrects biases too. "
            "Default: the family's."
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="Class names and palette for your own weights: a classes.json, or ade20k, cityscapes, voc, coco-panoptic, "
            "coco-stuff, camvid, imagenet. Default: as the weights' record says."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Default: MODEL-PRECISION.SUFFIX in the working folder."),
    ] = None,
    require_delegation: Annotated[
        float | None, typer.Option(help="Fail below this percentage of delegated operators. Default: no such gate.")
    ] = None,
    require_agreement: Annotated[
        float | None,
        typer.Option(
            help="Fail below this share of pixels, 0..1, with the reference model's class. "
            "Default: 0.8 for int8, 0.95 for float16."
        ),
    ] = None,
    require_sqnr: Annotated[
        float | None,
        typer.Option(help="Fail where the logits' SQNR is below so many dB. Default: 10 for int8, 30 for float16."),
    ] = None,
    center_threshold: CenterThreshold = None,
    nms_kernel: NmsKernel = None,
    top_k: TopK = None,
    stuff_area: StuffArea = None,
    seed: Annotated[int, typer.Option(help="For random weights.")] = 0,
    resample_tables: Annotated[
        bool, typer.Option("--resample-tables", help="Stretch position tables that do not reach --size (Axial-ResNet).")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make all checks and print what would be done; write nothing.")
    ] = False,
    store: Stored = None,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Export a model to a verified file with its manifest.

    A file that fails its verification is not kept (exit code 1); one that could not be run here is, and is said to be UNKNOWN (4).
    """
    if store is not None:
        check_stored(export, dict(locals()), STORED)
    from mobileseg.export import export_model, plan_export

    options: dict[str, Any] = {
        "precision": precision_of(int8, fp16, precision), "size": parse_size(size), "resize": resize, "emit": emit, "weights": weights,
        "ema": ema, "refresh": refresh, "batch": batch, "opset": opset, "symmetric": symmetric, "input": input, "min_ios": min_ios,
        "num_classes": num_classes, "calibration": calibration, "verify_data": verify_data, "keep_float": keep_float,
        "recipe": recipe, "classes": classes, "output": output, "require_delegation": require_delegation,
        "require_agreement": require_agreement, "require_sqnr": require_sqnr, "center_threshold": center_threshold,
        "nms_kernel": nms_kernel, "top_k": top_k, "stuff_area": stuff_area, "force": force,
        "seed": seed, "resample_tables": resample_tables,
        "progress": stages(),
    }  # fmt: skip
    figures = json_output(json_file, force)
    if dry_run:
        from mobileseg.cli.export_report import plan_lines

        plan = plan_export(model, target, **options)
        if figures is not None:
            figures.write(plan.to_json())
        for line in plan_lines(plan):
            say(line)
        return
    if store is not None:
        from mobileseg import fleet

        artifact = fleet.export_once(model, target, store=store, **{name: options[name] for name in ONCE})
    else:
        from mobileseg.latency.measuring.pair import time_pair

        artifact = export_model(model, target, timer=time_pair, **options)
    if figures is not None:
        figures.write(artifact.manifest.to_json())
    _show(artifact)
    verification = artifact.manifest.verification
    if verification.status == "not measured":
        raise NotMeasuredError(
            expected=f"{artifact.path.name} to be run on images here", found=f"{verification.source}", fix=UNKNOWN_FIX
        )


def precision_of(int8: bool, fp16: bool, name: str | None) -> str | None:
    """What the two flags say together, or the name; raises ``RequestError`` where they differ."""
    from mobileseg.export.targets import FLOAT16, INT8, INT8_FLOAT16

    flags = {(True, False): INT8, (False, True): FLOAT16, (True, True): INT8_FLOAT16}
    asked = [p for p in (flags.get((int8, fp16)), name) if p is not None]
    if len(set(asked)) > 1:
        raise RequestError(
            expected="one precision", found=" and ".join(asked), fix="give --int8, --fp16 or --precision NAME"
        )
    return asked[0] if asked else None


def _show(artifact: Artifact) -> None:
    from mobileseg.cli.export_report import report
    from mobileseg.export.manifest import manifest_path

    for line in report(artifact.manifest):
        say(line)
    say(f"wrote      {artifact.path} and {manifest_path(artifact.path).name}")
