"""What a file and its manifest say of themselves: weights, input, outputs, precision."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import torch

from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.export.backends.contract import INPUT_NAME, Lowered
from mobileseg.export.manifest import (
    ArtifactPart,
    DelegationPart,
    InputPart,
    Manifest,
    ModelPart,
    OutputPart,
    PrecisionPart,
    ResizePart,
    TensorPart,
    VerificationPart,
    WeightsPart,
)
from mobileseg.export.request import ExportRequest
from mobileseg.export.versions import installed
from mobileseg.files import sha256, size_bytes
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import run_module, state_digest
from mobileseg.postprocess.panoptic import rules_for
from mobileseg.weights.reading.checkpoint import digest
from mobileseg.weights.resolve import RANDOM


def weights_part(request: ExportRequest) -> WeightsPart:
    """What the manifest says of the weights."""
    loaded = request.loaded
    note = f"RESAMPLED TABLES: {request.spec.note}" if request.table_scale else None
    card = request.spec.card
    if loaded is None and card is not None and not request.random:
        return WeightsPart(
            kind="module", source=card.factory or "a module in memory", sha256=state_digest(request.model), seed=request.seed,
            licence=card.licence, layout=None, trained=True, note=None,
        )  # fmt: skip
    if loaded is None:
        note = "RANDOM WEIGHTS: the output is meaningless; the file shows only size, speed and exactness"
        return WeightsPart(
            kind="random", source=RANDOM, sha256=None, seed=request.seed, licence="none", layout=None, trained=False, note=note,
        )  # fmt: skip
    source = loaded.weights
    if not loaded.head_trained:
        note = f"UNTRAINED HEAD: the checkpoint is a backbone; the head's {len(loaded.missing)} tensors are random"
    return WeightsPart(
        kind=source.kind, source=source.name, sha256=digest(source.path), seed=request.seed if note else None,
        licence=source.licence, layout=loaded.layout, trained=loaded.head_trained, note=note,
        ema=loaded.averaged if loaded.choice else None,
    )  # fmt: skip


def essentials(request: ExportRequest, deployed: DeployedModel, weights: WeightsPart) -> dict[str, str]:
    """Metadata for formats that can hold it: strings under ``mobileseg.*``."""
    height, width = request.size
    facts: dict[str, Any] = {
        "model": request.spec.name,
        "weights": weights.source,
        "weights.sha256": weights.sha256 or "none",
        "weights.licence": weights.licence,
        "weights.note": weights.note,
        "precision": request.precision,
        "input": f"1x3x{height}x{width} NCHW RGB float32 0..255, normalisation inside, pictures: {request.resize}",
        "output": f"{request.emit}, {deployed.num_classes} classes",
        "classes": ",".join(request.classes.names if request.classes else ()),
        "version": installed().get("mobileseg", "unknown"),
    }
    return {f"mobileseg.{key}": str(value) for key, value in facts.items() if value}


def manifest_of(
    request: ExportRequest,
    deployed: DeployedModel,
    weights: WeightsPart,
    precision: PrecisionPart,
    lowered: Lowered,
    verification: VerificationPart,
) -> Manifest:
    """The manifest of a lowered and verified file."""
    spec, (height, width) = request.spec, request.size
    outputs = run_module(deployed, torch.zeros(1, 3, height, width))
    tensors = tuple(
        TensorPart(name=name, shape=out.shape, dtype=str(out.dtype))
        for name, out in zip(deployed.output_names, outputs, strict=True)
    )
    stride = None if spec.task == "classification" else 1 if request.emit == "mask" else spec.stride
    delegation: DelegationPart | None = lowered.delegation
    things = _things(request, deployed.num_classes)
    return Manifest(
        created=datetime.now(UTC).replace(microsecond=0),
        command=request.command,
        target=request.target.name,
        model=ModelPart(
            name=spec.name,
            family=spec.family,
            task=spec.task,
            num_classes=deployed.num_classes,
            parameters=sum(p.numel() for p in request.model.parameters()),
            table_scale=request.table_scale,
            card=spec.card,
        ),
        weights=weights,
        input=InputPart(
            name=INPUT_NAME,
            shape=(1, 3, height, width),
            batch=request.form.batch,
            kind=request.form.input,
            mean=spec.mean,
            std=spec.std,
            resize=_resize(request),
        ),
        output=OutputPart(
            **tensors[0].model_dump(),
            kind=request.emit,
            stride=stride,
            align_corners=spec.align_corners,
            classes=request.classes.names if request.classes else None,
            palette=request.classes.colors if request.classes else None,
            things=things,
            panoptic=None if things is None else _settings(request, things),
            tensors=tensors,
        ),
        precision=precision,
        calibration=request.calibration.part() if request.calibration else None,
        versions=installed(),
        delegation=delegation,
        verification=verification,
        artifact=ArtifactPart(
            file=request.output.name,
            form=request.form.words(request.target) or None,
            sha256=sha256(lowered.path),
            size_bytes=size_bytes(lowered.path),
        ),
    )


def _resize(request: ExportRequest) -> ResizePart:
    return ResizePart(mode=request.resize, bars=request.fit.bars if request.resize == "letterbox" else None)


def _settings(request: ExportRequest, things: tuple[int, ...]) -> PanopticSettings:
    """All of them, also those that are defaults now."""
    return rules_for(things, request.panoptic, request.classes.panoptic if request.classes else None).settings()


def _things(request: ExportRequest, num_classes: int) -> tuple[int, ...] | None:
    """The classes with instances: from ``--classes`` or the weights' record, else the authors', if the number of classes is theirs."""
    if request.emit != "panoptic":
        return None
    if request.classes is not None:
        return request.classes.thing_numbers
    return request.spec.things if num_classes == request.spec.num_classes else None
