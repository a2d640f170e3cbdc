"""Comparison of an artifact with its reference model on the same images: the accuracy of both, and their differences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from mobileseg.data.dataset import LabelledFolder, data_name, files_digest, image_folder
from mobileseg.data.images import Batch, check_images, find_images, read_batch
from mobileseg.data.labels import read_labels
from mobileseg.data.sequence import FrameSequence
from mobileseg.errors import UNKNOWN_FIX, DatasetError, GateError, RequestError, UnknownOperationError
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.accuracy import Accuracy, AccuracyMeter, Gain, Ratio
from mobileseg.export.evaluation.consistency import SequenceConsistency, compare_sequence
from mobileseg.export.evaluation.gates import Gate, Verdict, consistency_gates, gates_of, overall
from mobileseg.export.evaluation.layer_report import LayerReport
from mobileseg.export.evaluation.reference import reference_of
from mobileseg.export.evaluation.shift import ShiftConsistency, compare_shift
from mobileseg.export.evaluation.worst import Worst, WorstImages
from mobileseg.export.manifest import Decibel, Document, Part
from mobileseg.export.versions import installed
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.factory import deploy
from mobileseg.models.reference import reference_outputs, run_module
from mobileseg.postprocess.class_map import Outputs
from mobileseg.progress import track
from mobileseg.provenance import public_name

SCHEMA_VERSION: Final = 1
OPERATIONS: Final = "operations"  # the gate of a file that cannot be evaluated here


class Logits(Part):
    """Differences from the reference model's logits, in their own units; None where a file gives no logits."""

    max_error: float | None
    mean_error: float | None
    sqnr_db: Decibel | None
    agreement: float  # share of the pixels with the same class
    band_agreement: Ratio  # the same within 3 pixels of a boundary between classes


class Comparison(Document):
    """The JSON of ``compare``.

    ``float_`` (in JSON ``float``) and ``artifact``: accuracy of the reference model and of the file, None without labels ("not
    measured"). ``data``: what the images are called; ``data_sha256``: of their files and labels, None in older results.
    ``artifact_logits``, ``deploy_logits``: the file, and its deploy model in PyTorch, against the reference model; ``agreement`` and
    ``sqnr_db`` repeat the file's. ``evaluated_by``: what ran the file; where it lacks an operation, the verdict is UNKNOWN, a gate
    names the operation, and there are no figures. ``layers``: which layers cause the error; ``worst``: the images on which it is
    largest; ``temporal``: how many pixels keep their class from frame to frame of a sequence; each None unless requested. ``shift``: how
    many keep it where an image is moved by a few pixels, None unless measured.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    model: str
    target: str
    precision: str
    weights: str
    artifact_file: str
    artifact_sha256: str
    artifact_bytes: int | None = None
    evaluated_by: str | None = None
    data: str
    data_sha256: str | None = None
    images: int
    float_: Accuracy | None = Field(alias="float")
    artifact: Accuracy | None
    gains: tuple[Gain, ...]
    agreement: float | None
    sqnr_db: Decibel | None
    artifact_logits: Logits | None
    deploy_logits: Logits | None
    temporal: SequenceConsistency | None = None
    shift: ShiftConsistency | None = None
    layers: LayerReport | None = None
    worst: Worst | None = None
    verdict: Verdict
    gates: tuple[Gate, ...]
    versions: dict[str, str]

    def check(self) -> None:
        """Raise ``GateError`` where a gate failed, ``UnknownOperationError`` where the file could not be evaluated here."""
        for gate in self.gates:
            if gate.name == OPERATIONS:
                raise UnknownOperationError(expected=gate.expected, found=gate.found, fix=UNKNOWN_FIX)
        failed = [gate for gate in self.gates if gate.verdict == "FAIL"]
        if failed:
            raise GateError(
                expected="; ".join(f"{gate.name}: {gate.expected}" for gate in failed),
                found="; ".join(gate.found for gate in failed),
                fix="the file is not good enough: calibrate on images of its own scenes, or keep more of it float",
            )


def check_classes(artifact: Artifact, data: LabelledFolder) -> None:
    """Raise ``DatasetError`` unless artifact and data have the same classes in the same order."""
    wanted, names = artifact.manifest.output.classes, data.classes.names
    count = artifact.manifest.model.num_classes
    if count != len(names):
        raise DatasetError(
            expected=f"{count} classes, as {artifact.path.name} has",
            found=f"{len(names)} in {data.path} ({', '.join(names[:6])}{', ...' if len(names) > 6 else ''})",
            fix="give data with the model's classes, or --no-labels to compare on the images alone",
        )
    if wanted is not None and wanted != names:
        first = next(i for i in range(count) if wanted[i] != names[i])
        raise DatasetError(
            expected=f"class {first} to be {wanted[first]!r}, as {artifact.path.name} has it",
            found=f"{names[first]!r} in the data's classes.json",
            fix="put the classes of the data into the model's order",
        )


def compare_labelled(
    artifact: Artifact,
    data: LabelledFolder,
    weights: str | None = None,
    worst: WorstImages | None = None,
    sequence: FrameSequence | None = None,
    shift: bool = True,
) -> Comparison:
    """Compare on labelled images, class maps at the labels' size.

    ``weights``: where the reference weights are now, if they were moved. ``worst`` collects the images that differ most. ``sequence``: of
    frames, for temporal consistency. ``shift``: whether some images are also moved. Raises ``RequestError`` for a classifier,
    ``DatasetError`` where the classes do not match, ``ArtifactError``, and ``UnknownOperationError`` where the file cannot be run here.
    """
    if artifact.manifest.model.task == "classification":
        raise RequestError(
            expected="a segmentation artifact", found=artifact.manifest.model.name, fix="use --no-labels"
        )
    check_classes(artifact, data)
    models = _Models(artifact, weights)
    rules = artifact.rules if data.panoptic else None
    before, after = (AccuracyMeter.for_classes(data.classes, rules) for _ in range(2))
    for item in track(data.items, "compare", "images"):
        label = read_labels(item, data.classes)
        reference, _, file = models.run(item.image, (label.shape[0], label.shape[1]))
        for meter, (outputs, prediction) in ((before, reference), (after, file)):
            meter.add(prediction, label)
            if meter.panoptic:
                meter.panoptic.add(outputs, item, data.classes)
        if worst is not None:
            worst.add(item.image, reference[1], file[1], label)
    stability = models.stability([item.image for item in data.items], sequence, shift)
    accuracy = before.accuracy(), after.accuracy()
    return models.result(data.title, data.sha256, accuracy, after.gains(before), stability)


def compare_images(
    artifact: Artifact,
    folder: Path,
    weights: str | None = None,
    worst: WorstImages | None = None,
    sequence: FrameSequence | None = None,
    shift: bool = True,
) -> Comparison:
    """Compare on images without labels: agreement of the classes at input size, and SQNR of the logits. ``folder``: of images, or with
    ``images/`` in it. Other arguments and errors as for ``compare_labelled``, and ``ImageError``."""
    paths = find_images(image_folder(folder))
    check_images(paths)
    models = _Models(artifact, weights)
    for path in track(paths, "compare", "images"):
        (_, reference), _, (_, file) = models.run(path, artifact.size)
        if worst is not None:
            worst.add(path, reference, file)
    return models.result(
        data_name(folder), files_digest(paths), (None, None), (), models.stability(paths, sequence, shift)
    )


def unknown(artifact: Artifact, data: Path, error: UnknownOperationError) -> Comparison:
    """The result for a file that cannot be run here: verdict UNKNOWN, and no figures."""
    gate = Gate(name=OPERATIONS, verdict="UNKNOWN", expected=error.expected, found=error.found)
    return Comparison(
        **_facts(artifact, data_name(data)),
        images=0,
        float=None,
        artifact=None,
        gains=(),
        agreement=None,
        sqnr_db=None,
        artifact_logits=None,
        deploy_logits=None,
        verdict=overall((gate,)),
        gates=(gate,),
    )


def _facts(artifact: Artifact, data: str, digest: str | None = None) -> dict[str, Any]:
    """The fields of a comparison that are known before it starts."""
    manifest = artifact.manifest
    return {
        "created": datetime.now(UTC).replace(microsecond=0),
        "model": manifest.model.name,
        "target": manifest.target,
        "precision": manifest.precision.name,
        "weights": manifest.weights.note or public_name(manifest.weights.source),
        "artifact_file": artifact.path.name,
        "artifact_sha256": manifest.artifact.sha256,
        "artifact_bytes": manifest.artifact.size_bytes,
        "evaluated_by": artifact.target.evaluated_by,
        "data": data,
        "data_sha256": digest,
        "versions": installed(),
    }


Run = tuple[Outputs, NDArray[np.int32]]
Stability = tuple[SequenceConsistency | None, ShiftConsistency | None]


class _Models:
    """Reference model, deploy model and file on the same pixels; accumulates the differences of the latter two from the first."""

    def __init__(self, artifact: Artifact, weights: str | None) -> None:
        self.artifact = artifact
        self.runtime = artifact.load()  # first: where the file cannot be run, loading the weights would be wasted
        self.reference = reference_of(artifact.manifest, weights, artifact.path.parent)
        self.deployed = deploy(self.reference, *artifact.size, emit=artifact.manifest.output.kind)
        classes = artifact.manifest.model.num_classes
        self.file, self.rewrite = Agreement(classes), Agreement(classes)

    def run(self, path: Path, size: tuple[int, int]) -> tuple[Run, Run, Run]:
        """Outputs and class map, the latter at ``size`` (height, width), of reference model, deploy model and file."""
        batch = read_batch(path, *self.artifact.size)
        outputs = (
            reference_outputs(self.reference, batch),
            run_module(self.deployed, torch.from_numpy(batch)),
            self.runtime.run(batch),
        )
        maps = [self.artifact.class_map(out[0], *size) for out in outputs]
        for agreement, out, classes in zip((self.rewrite, self.file), outputs[1:], maps[1:], strict=True):
            if self.artifact.manifest.output.kind != "mask":
                agreement.add_logits(outputs[0][0].astype(np.float32), out[0].astype(np.float32))
            agreement.add_classes(maps[0], classes)
        reference, deployed, file = zip(outputs, maps, strict=True)
        return reference, deployed, file

    def maps(self, batch: Batch, size: tuple[int, int]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Class maps of reference model and file at ``size`` (height, width); nothing is accumulated."""
        outputs = reference_outputs(self.reference, batch), self.runtime.run(batch)
        reference, file = (self.artifact.class_map(out[0], *size) for out in outputs)
        return reference, file

    def stability(self, images: Sequence[Path], sequence: FrameSequence | None, shift: bool) -> Stability:
        """Consistency on a sequence, and of moved images; None for what is not asked for."""
        size, classes = self.artifact.size, self.artifact.manifest.model.num_classes
        return (
            None if sequence is None else compare_sequence(sequence, self.maps, size, classes),
            compare_shift(images, self.maps, size) if shift else None,
        )

    def result(
        self,
        data: str,
        digest: str,
        accuracy: tuple[Accuracy | None, Accuracy | None],
        gains: tuple[Gain, ...],
        stability: Stability,
    ) -> Comparison:
        error, span = self.rewrite.max_error, self.rewrite.logit_range
        precision, (temporal, shift) = self.artifact.manifest.precision.name, stability
        gates = gates_of(
            precision,
            error / span if error is not None and span else None,
            self.file.argmax,
            accuracy,
            gains,
        ) + consistency_gates(precision, temporal)
        return Comparison(
            **_facts(self.artifact, data, digest),
            images=self.file.images,
            float=accuracy[0],
            artifact=accuracy[1],
            gains=gains,
            agreement=self.file.argmax,
            sqnr_db=self.file.sqnr_db,
            artifact_logits=_logits(self.file),
            deploy_logits=_logits(self.rewrite),
            temporal=temporal,
            shift=shift,
            verdict=overall(gates),
            gates=gates,
        )


def _logits(agreement: Agreement) -> Logits:
    return Logits(
        max_error=agreement.max_error,
        mean_error=agreement.mean_error,
        sqnr_db=agreement.sqnr_db,
        agreement=agreement.argmax,
        band_agreement=agreement.band,
    )
