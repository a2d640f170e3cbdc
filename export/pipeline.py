"""The export pipeline of one model: weights, deploy model, quantization, lowering, verification, manifest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from mobileseg.data.images import Batch, eight_bit
from mobileseg.errors import EnvironmentLackError, GateError, UnknownOperationError
from mobileseg.export.analysis.diagnosis import diagnose
from mobileseg.export.analysis.float_cost import with_latency
from mobileseg.export.analysis.sensitivity import keep_float_of
from mobileseg.export.artifact import Artifact
from mobileseg.export.backends.contract import Lowered, Lowering, Timer
from mobileseg.export.describe import essentials, manifest_of, weights_part
from mobileseg.export.evaluation.floors import floor_gates
from mobileseg.export.evaluation.verify import COARSER, VerificationCase, verify
from mobileseg.export.manifest import (
    DelegationPart,
    FloatPart,
    Manifest,
    PrecisionPart,
    VerificationPart,
    manifest_path,
)
from mobileseg.export.quantization.half import half, half_of_float
from mobileseg.export.quantization.keep_float import KeepFloat, check_names
from mobileseg.export.quantization.palettes import palettized
from mobileseg.export.quantization.quantize import quantize
from mobileseg.export.request import ExportRequest
from mobileseg.export.targets import INT8_FLOAT16, PALETTIZED
from mobileseg.files import publish, staging
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.factory import deploy
from mobileseg.models.reference import run_module
from mobileseg.postprocess.sound import check_sound
from mobileseg.quiet import quiet
from mobileseg.registry import load
from mobileseg.weights.known import remember
from mobileseg.weights.resolve import OWN, RANDOM

AUTO_BUDGET_S = 180.0


def export(request: ExportRequest) -> Artifact:
    """Run the pipeline for ``request``. The file and its manifest appear together at the end, or not at all.

    Raises ``GateError`` where the file fails its verification or a requested gate, and ``RequestError`` for layers in the keep-float
    list that the model lacks.
    """
    weights = weights_part(request)
    deployed = deploy(request.model, *request.size, emit=request.emit)
    verifying = request.verification.batches(request.fit)
    if request.form.input == "image":  # the file rounds what it is given, the network does not
        verifying = [eight_bit(batch) for batch in verifying]
    batches = (
        request.calibration.batches(request.fit) if request.calibration else verifying
    )  # or one to trace the graph
    first = run_module(
        deployed, torch.from_numpy(verifying[0])
    )  # before slow work: NaN has neither ranges nor a good file
    check_sound(first, deployed.output_names, deployed.num_classes, request.spec.name, "the first image")
    module: nn.Module = deployed
    followed: nn.Module = deployed  # what the file must compute
    kept: tuple[FloatPart, ...] = ()
    asked: KeepFloat | None = None
    with staging(request.output) as folder:
        if request.quantized:
            asked = _asked(request, deployed)
            seen = request.calibration
            source = f": calibrate on {len(seen)} images ({seen.source})" if seen else ""
            request.progress(f"quantize{source}")
            with quiet():
                followed, module, kept = _quantized(request, deployed, batches, asked.names if asked else ())
        elif request.halved:
            request.progress(f"float16: look for what it does not hold on {len(batches)} images")
            with quiet():
                module, kept = half(deployed, batches)
        elif request.precision == PALETTIZED:
            request.progress("find the palettes of the weights")
            module = followed = palettized(deployed)
        request.progress(f"lower to {request.target.title}")
        facts = essentials(request, deployed, weights)
        lowering = Lowering(
            module, deployed, request.precision, request.output.name, facts, request.form, request.classes
        )
        with quiet():
            lowered: Lowered = load(request.target.lower)(lowering, folder)
        request.progress(f"verify on {len(verifying)} images ({request.verification.source})")
        verification = _verification(request, lowering, lowered, followed, verifying)
        if asked and request.timer is not None and not request.target.interpreted:
            asked = _with_latency(request, asked, request.timer, lowering, lowered, batches, folder)
        _check_gates(request, lowered.delegation, verification)
        precision = PrecisionPart(
            name=request.precision,
            meaning=request.target.precisions[request.precision],
            kept_float=kept,
            requested=asked.part() if asked else None,
            recipe=request.recipe.name if request.calibrated else None,
        )
        manifest = manifest_of(request, deployed, weights, precision, lowered, verification)
        request.progress(f"write {request.output}")
        record = manifest_path(folder / request.output.name)
        record.write_text(manifest.to_json(), encoding="utf-8")
        publish([(lowered.path, request.output), (record, manifest_path(request.output))])
    _remember(request, manifest)
    artifact = Artifact(request.output, manifest, request.target)
    artifact.named_model = request.model if request.spec.card is not None else None
    return artifact


def _remember(request: ExportRequest, manifest: Manifest) -> None:
    """The manifest does not say where the weights and the images are; the cache of this machine does."""
    if request.loaded is not None and manifest.weights.sha256 is not None:
        remember(manifest.weights.sha256, request.loaded.weights.path)
    if request.calibration is not None and request.calibration.folder is not None:
        remember(request.calibration.sha256, request.calibration.folder)


def _asked(request: ExportRequest, deployed: DeployedModel) -> KeepFloat | None:
    """The layers to keep float: the requested list, or one found now on the calibration images."""
    if isinstance(request.keep_float, KeepFloat):
        check_names(request.keep_float.names, deployed)
        return request.keep_float
    if request.keep_float is None:
        return None
    request.progress(f"look for layers to keep float, for at most {AUTO_BUDGET_S:.0f} s")
    weights = request.loaded.weights.name if request.loaded else OWN if request.spec.card else RANDOM
    assert request.calibration is not None
    found = diagnose(request.model, weights, request.fit, request.calibration, AUTO_BUDGET_S, request.recipe)
    return keep_float_of(found)


def _quantized(
    request: ExportRequest, deployed: DeployedModel, batches: list[Batch], keep_float: Collection[str] = ()
) -> tuple[nn.Module, nn.Module, tuple[FloatPart, ...]]:
    """The quantized graph, what is lowered of it, and what stayed float."""
    graph, kept = quantize(deployed, batches, keep_float, request.precision, request.recipe)
    if request.precision != INT8_FLOAT16:
        return graph, graph, kept
    halved, single = half_of_float(graph, batches)
    return graph, halved, (*kept, *single)


def _with_latency(
    request: ExportRequest,
    asked: KeepFloat,
    timer: Timer,
    lowering: Lowering,
    lowered: Lowered,
    batches: list[Batch],
    folder: Path,
) -> KeepFloat:
    """``asked`` with the latency cost of its float layers, measured against a second file with all layers in int8."""
    request.progress("time it against a file with all layers in int8")
    place = folder / "int8"
    place.mkdir()
    with quiet():
        _, module, _ = _quantized(request, lowering.deployed, batches)
        whole: Lowered = load(request.target.lower)(replace(lowering, module=module), place)
    try:
        return with_latency(asked, timer, lowered, whole, batches[0])
    except EnvironmentLackError as error:  # the file is good all the same
        request.progress(f"latency not measured: expected {error.expected}; found {error.found}")
        return asked


def _verification(
    request: ExportRequest, lowering: Lowering, lowered: Lowered, followed: nn.Module, batches: list[Batch]
) -> VerificationPart:
    target = request.target
    checks: tuple[str, ...] = ()
    if target.check is not None:
        with quiet():
            checks = load(target.check)(lowered.path, lowering)
    try:
        case = VerificationCase(
            load(target.runtime)(lowered.path),
            request.model,
            lowering.deployed,
            followed,
            request.quantized,
            COARSER.get(request.precision),
            target.evaluated_by,
            target.interpreted,
            request.floor,
        )
        found = verify(case, batches, request.verification.source)
    except UnknownOperationError as error:
        # The file may still be good; only a device can tell.
        found = VerificationPart(
            status="not measured",
            images=0,
            source=error.found,
            same_as_calibration=False,
            checks=(),
            floor=request.floor,
            gates=floor_gates(request.floor, None, None),
        )
    return found.model_copy(update={"checks": (*checks, *found.checks)})


def _check_gates(request: ExportRequest, delegation: DelegationPart | None, found: VerificationPart) -> None:
    """Check what was asked for: a figure that was not measured fails it. ``verify`` has checked those that were."""
    percent = None if delegation is None else delegation.percent
    gates = [(request.require_delegation, percent, "% of the operators delegated")]
    gates += [(getattr(request.floor, name), getattr(found, name), name) for name in sorted(request.asked)]
    for wanted, figure, what in gates:
        if wanted is not None and (figure is None or figure < wanted):
            raise GateError(
                expected=f"at least {wanted:g} {what}",
                found="not measured" if figure is None else f"{figure:.4g}",
                fix="see the operators and layers in the export report, or lower the gate; the file was not kept",
            )
