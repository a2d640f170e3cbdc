"""What an export would do, found without lowering anything: ``export --dry-run``."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

from mobileseg.data.fit import ResizeMode
from mobileseg.document import Document, Part
from mobileseg.export.describe import weights_part
from mobileseg.export.manifest import CalibrationPart, FloatPart, Floor, WeightsPart, manifest_path
from mobileseg.export.quantization.keep_float import KeepFloat, check_names
from mobileseg.export.quantization.quantize import kept_float
from mobileseg.export.request import ExportRequest
from mobileseg.models.factory import deploy, num_classes_of
from mobileseg.quiet import quiet


class RuntimePart(Part):
    """The target, the package whose version decides how the file behaves, and that version."""

    target: str
    title: str
    package: str
    version: str


class ExportPlan(Document):
    """``size``: height, width in pixels; ``resize``: how pictures become that. ``kept_float``: the operators that would stay float in an
    int8 file, with reasons and the share of the multiply-adds; layers that ``keep_float`` finds itself (``auto``) are not known before.
    ``calibration``: the images that would fix the ranges, None where the precision needs none; ``verification``: those that the file
    would be verified on, and ``floor``: what it would have to reach on them. ``form``: which variety of its format the file would be, in
    words; ``files``: what would be written."""

    schema_version: Literal[1] = 1
    created: datetime
    model: str
    num_classes: int
    weights: WeightsPart
    size: tuple[int, int]
    resize: ResizeMode
    emit: str
    precision: str
    meaning: str
    recipe: str | None
    kept_float: tuple[FloatPart, ...]
    keep_float: str | None
    calibration: CalibrationPart | None
    verification: CalibrationPart
    floor: Floor
    runtime: RuntimePart
    form: str
    files: tuple[str, ...]


def plan(request: ExportRequest) -> ExportPlan:
    """Of a checked request. Raises ``RequestError`` for layers in its ``keep_float`` that the model does not have."""
    target = request.target
    deployed = deploy(request.model, *request.size, emit=request.emit)
    names: tuple[str, ...] = ()
    asked: str | None = None
    if isinstance(request.keep_float, KeepFloat):
        names, asked = request.keep_float.names, request.keep_float.source
        check_names(names, deployed)
    elif request.keep_float is not None:
        asked = request.keep_float
    parts: tuple[FloatPart, ...] = ()
    if request.quantized:
        request.progress("which operators stay float")
        with quiet():
            parts = kept_float(deployed, names, request.precision, request.recipe)
    return ExportPlan(
        created=datetime.now(UTC).replace(microsecond=0),
        model=request.spec.name,
        num_classes=num_classes_of(request.model),
        weights=weights_part(request),
        size=request.size,
        resize=request.resize,
        emit=request.emit,
        precision=request.precision,
        meaning=target.precisions[request.precision],
        recipe=request.recipe.name if request.calibrated else None,
        kept_float=parts,
        keep_float=asked,
        calibration=request.calibration.part() if request.calibration else None,
        verification=request.verification.part(),
        floor=request.floor,
        runtime=RuntimePart(
            target=target.name,
            title=target.title,
            package=target.runtime_distribution,
            version=metadata.version(target.runtime_distribution),
        ),
        form=request.form.words(target),
        files=(_name(request.output), _name(manifest_path(request.output))),
    )


def _name(path: Path) -> str:
    """As it was asked for."""
    return path.as_posix()
