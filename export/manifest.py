"""The manifest: everything that later stages need to know about an artifact, in one versioned file beside it.

It says nothing of the machine that made it: files are named by their last part and their sha256 (``mobileseg.provenance``).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from mobileseg.data.classes import Channel
from mobileseg.data.fit import SQUASH, ResizeMode
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.document import Decibel, Document, Part, parse_document
from mobileseg.errors import ArtifactError
from mobileseg.models.card import ModelCard

SCHEMA_VERSION: Final = 1
Side = Annotated[int, Field(ge=1, le=1 << 15)]  # pixels; nothing is exported with more than 4096


class ModelPart(Part):
    """The network. ``table_scale``: factor by which its position tables were stretched, None where they are as trained. ``card``: of a
    network that is not ours, None for the zoo's; nothing in it is ever imported because a manifest says so."""

    name: str
    family: str
    task: str
    num_classes: int = Field(ge=1)
    parameters: int
    table_scale: float | None = None
    card: ModelCard | None = None


class WeightsPart(Part):
    """``kind``: bundled, file, url, random, or module: as the factory of a network that is not ours gives
    them; their digest is then that of the tensors themselves. ``source``: the bundled name, the file's name, or the URL without
    user and query; in files of older versions the whole path. ``sha256`` of the file, None for random weights (then ``seed`` says which).
    ``ema``: the averaged (True) or the plain ones of a file that has both, None where there was no choice."""

    kind: Literal["bundled", "file", "url", "random", "module"]
    source: str
    sha256: str | None
    seed: int | None
    licence: str
    layout: str | None
    trained: bool
    note: str | None
    ema: bool | None = None


class ResizePart(Part):
    """How a picture becomes the input: see ``mobileseg.data.fit``. ``antialias``: the filter is wider when shrinking, as in Pillow's
    ``resize``; its result is not rounded. ``bars``: RGB in 0..255 beside a picture in a letterbox, None without bars."""

    mode: ResizeMode = SQUASH
    filter: Literal["bilinear"] = "bilinear"
    antialias: Literal[True] = True
    bars: tuple[float, float, float] | None = None


class InputPart(Part):
    """The input of the file. ``mean`` and ``std``, of RGB pixels in 0..255, are applied inside the graph. ``resize``: ``squash`` in older
    files. ``shape``: of one picture, as those of the outputs; the file takes ``batch`` of them at once. ``kind``: ``image`` where Core ML
    is given a picture of 8-bit pixels."""

    name: str
    shape: tuple[Literal[1], Literal[3], Side, Side]
    batch: Annotated[int, Field(ge=1)] | Literal["dynamic"] = 1
    kind: Literal["tensor", "image"] = "tensor"
    dtype: str = "float32"
    layout: Literal["NCHW"] = "NCHW"
    color: Literal["RGB"] = "RGB"
    range: tuple[float, float] = (0.0, 255.0)
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resize: ResizePart = ResizePart()


class TensorPart(Part):
    """One output tensor of the file."""

    name: str
    shape: tuple[int, ...]
    dtype: str


class OutputPart(Part):
    """The outputs of the file. ``name``, ``shape``, ``dtype`` are those of the output that holds the classes.

    ``stride``: input pixels per output cell, None for a classifier. ``align_corners``: how its logits are resized.
    ``things``: numbers of the classes with instances. ``panoptic``: how outputs become instances of this data, None in older files.
    ``tensors``: all outputs in the file's order; a panoptic file gives ``semantic`` logits, ``center`` heat map and ``offset`` to the
    centre (down, right) in cells of that grid.
    """

    name: str
    kind: Literal["logits", "mask", "panoptic"]
    shape: tuple[int, ...]
    dtype: str
    stride: int | None
    align_corners: bool = False
    classes: tuple[str, ...] | None
    palette: tuple[tuple[Channel, Channel, Channel], ...] | None
    things: tuple[int, ...] | None = None
    panoptic: PanopticSettings | None = None
    tensors: tuple[TensorPart, ...] = ()


class FloatPart(Part):
    """Operators of one kind that stayed float in an int8 file for one reason. ``multiply_adds``: their share of the graph's, 0..1; None in
    older files."""

    operator: str
    count: int
    reason: str
    multiply_adds: float | None = None


class KeptLayer(Part):
    """A layer that stays float on request: a module of the deploy model, or one operator in it (``module/operator``), and the reason.
    ``multiply_adds``: its share of the graph's, 0..1."""

    layer: str
    reason: str
    multiply_adds: float | None = None


class RequestPart(Part):
    """The layers that stay float on request in an int8 file. ``latency_ratio``: latency of this file over that of one with all layers in
    int8, measured on ``device``, with its 95 % ``latency_interval``; None is "not measured"."""

    source: str
    layers: tuple[KeptLayer, ...]
    latency_ratio: float | None = None
    latency_interval: tuple[float, float] | None = None
    device: str | None = None


class PrecisionPart(Part):
    """The precision. ``name``: as requested; ``meaning``: for this target. ``kept_float``: every operator that stayed float;
    ``requested``: the layers among them that ``--keep-float`` named. ``recipe``: the calibration recipe, None without calibration and
    in older files."""

    name: str
    meaning: str
    kept_float: tuple[FloatPart, ...] = ()
    requested: RequestPart | None = None
    recipe: str | None = None


class CalibrationPart(Part):
    """The images from which the int8 ranges were calibrated. ``source``: the folder's name, in files of older versions its whole path."""

    source: str
    images: int
    sha256: str
    bundled: bool


class OutsidePart(Part):
    """Operators that the delegate does not take. ``at_edge``: they touch only the graph's input or output, and only move or convert
    numbers, as the runtime would have to anyway. ``modules``: of the network that they are in, by path; none where it is not known.
    ``time_share``: of an inference on the machine that exported, 0..1, None where it was not measured; ``remedy``: what would bring them
    inside, None where nothing is known."""

    operator: str
    count: int
    reason: str
    at_edge: bool
    modules: tuple[str, ...] = ()
    time_share: float | None = None
    remedy: str | None = None


class DelegationPart(Part):
    """The share of the graph that the runtime's delegate takes. ``operators_inside`` counts operators that compute, not constants."""

    backend: str
    partitions: int
    operators_inside: int
    operators_outside: int
    outside: tuple[OutsidePart, ...]

    @property
    def percent(self) -> float:
        """Percentage of the operators that are delegated; conversions at the edge are not counted."""
        inner = sum(o.count for o in self.outside if not o.at_edge)
        total = self.operators_inside + inner
        return 100.0 * self.operators_inside / total if total else 0.0


class Gate(Part):
    """One gate and its verdict: UNKNOWN where the figure was not measured or says too little, EMULATED where it was reached, but what
    answered was not the file's own runtime. ``optional``: of a figure that was not asked for; its UNKNOWN does not make the whole
    UNKNOWN."""

    name: str
    verdict: Literal["PASS", "FAIL", "UNKNOWN", "EMULATED"]
    expected: str
    found: str
    optional: bool = False


class Floor(Part):
    """What a file must reach whatever it was made from: the share of pixels, 0..1, with the reference model's class, and the SQNR of its
    logits in dB; None: no bound."""

    agreement: float | None = None
    sqnr_db: float | None = None


class VerificationPart(Part):
    """The result of the verification. None is "not measured".

    ``status``: *emulated* where the file passed, but was run by our interpreter and not by its own runtime. ``floor``, ``gates``: what
    was required of the file beside following its graph; None and none in older files. ``same_as_calibration``: True in older files only.
    ``max_error``, ``logit_range``, ``agreement_with_lowered``, ``sqnr_with_lowered_db``: the file against the PyTorch module that it was
    lowered from (deploy model or quantized graph). ``sqnr_db``, ``agreement``, ``miou``: the file against the reference model, whose
    classes serve as labels. ``evaluated_by``: what ran the file.
    """

    status: Literal["passed", "emulated", "not measured"]
    images: int
    source: str
    same_as_calibration: bool
    checks: tuple[str, ...]
    evaluated_by: str | None = None
    max_error: float | None = None
    logit_range: float | None = None
    agreement_with_lowered: float | None = None
    sqnr_with_lowered_db: Decibel | None = None
    sqnr_db: Decibel | None = None
    agreement: float | None = None
    miou: float | None = None
    floor: Floor | None = None
    gates: tuple[Gate, ...] = ()


class ArtifactPart(Part):
    """The file itself. ``form``: which variety of its format it is, in words; None in older files and where there is but one."""

    file: str
    form: str | None = None
    sha256: str
    size_bytes: int


class Manifest(Document):
    """``<artifact>.json``."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    command: str
    target: str
    model: ModelPart
    weights: WeightsPart
    input: InputPart
    output: OutputPart
    precision: PrecisionPart
    calibration: CalibrationPart | None
    versions: dict[str, str]
    delegation: DelegationPart | None
    verification: VerificationPart
    artifact: ArtifactPart = Field(description="what this manifest belongs to")

    @model_validator(mode="after")
    def _output_fits(self) -> Self:
        count, output = self.model.num_classes, self.output
        classifier, mask = self.model.task == "classification", output.kind == "mask"
        if len(output.shape) != (2 if classifier else 3 if mask else 4) or not (mask or output.shape[1] == count):
            raise ValueError(f"output.shape is {output.shape}, for {output.kind} of {count} classes, {self.model.task}")
        for name, found in (("classes", output.classes), ("palette", output.palette)):
            if found is not None and len(found) != count:
                raise ValueError(f"output.{name} has {len(found)} entries for {count} classes")
        if strays := [number for number in output.things or () if not 0 <= number < count]:
            raise ValueError(f"output.things has {strays[0]}, of {count} classes")
        return self


def manifest_path(artifact: Path) -> Path:
    """``tiny.pte`` -> ``tiny.pte.json``."""
    return artifact.with_name(artifact.name + ".json")


def read_manifest(artifact: Path) -> Manifest:
    """The manifest beside ``artifact``. Raises ``ArtifactError``, or ``EnvironmentLackError`` for another schema version."""
    path = manifest_path(artifact)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ArtifactError(
            expected=f"the manifest {path.name} beside {artifact.name}",
            found="none",
            fix="export again, or copy the manifest with the file",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(expected="a manifest", found=f"{path}: {error}", fix="export again") from error
    return parse_document(Manifest, text, path, "manifest that mobileseg wrote", ArtifactError, "export again")
