"""An artifact and the reference model on the same images: how accurate both are and how far apart."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from mobileseg.data.dataset import LabelledFolder, data_name, files_digest, image_folder
from mobileseg.data.images import check_images, find_images, read_batch
from mobileseg.data.labels import read_labels
from mobileseg.errors import UNKNOWN_FIX, DatasetError, GateError, RequestError, UnknownOperationError
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.accuracy import Accuracy, Gain, Ratio, Tally
from mobileseg.export.evaluation.gates import Gate, Verdict, gates_of, overall
from mobileseg.export.evaluation.layer_report import LayerReport
from mobileseg.export.evaluation.reference import reference_of
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
    """How far outputs are from the reference model's; None where a file gives no logits. Errors in the logits' own units."""

    max_error: float | None
    mean_error: float | None
    sqnr_db: Decibel | None
    agreement: float  # share of the pixels with the same class
    band_agreement: Ratio  # the same within 3 pixels of a boundary between classes


class Comparison(Document):
    """The JSON of ``compare``. ``float_`` is written as ``float``; it and ``artifact`` are None without labels: not measured.

    ``data``: what the images are called; ``data_sha256``: of their files and labels, None in older results. ``artifact_logits``,
    ``deploy_logits``: of the file and of its deploy model in PyTorch, both against the reference model; ``agreement`` and ``sqnr_db``
    repeat the file's. ``evaluated_by``: what ran the file. If that does not know an operation of it, the verdict is UNKNOWN, a gate
    names the operation, and there are no figures. ``layers``: where the error arises, ``worst``: on which images, if asked for.
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
    """Raise ``DatasetError`` unless the artifact's classes are the data's."""
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
            fix="put the classes into the model's order",
        )


def compare_labelled(
    artifact: Artifact,
    data: LabelledFolder,
    weights: str | None = None,
    worst: WorstImages | None = None,
) -> Comparison:
    """Both on every image; masks at the labels' own size. ``worst`` is shown every image."""
    if artifact.manifest.model.task == "classification":
        raise RequestError(
            expected="a segmentation artifact", found=artifact.manifest.model.name, fix="use --no-labels"
        )
    check_classes(artifact, data)
    forms = _Forms(artifact, weights)
    rules = artifact.rules if data.panoptic else None
    before, after = (Tally.of(data.classes, rules) for _ in range(2))
    for item in track(data.items, "compare", "images"):
        label = read_labels(item, data.classes)
        original, _, file = forms.run(item.image, (label.shape[0], label.shape[1]))
        for tally, (outputs, prediction) in ((before, original), (after, file)):
            tally.add(prediction, label)
            if tally.panoptic:
                tally.panoptic.add(outputs, item, data.classes)
        if worst is not None:
            worst.add(item.image, original[1], file[1], label)
    return forms.result(data.title, data.sha256, (before.accuracy(), after.accuracy()), after.gains(before))


def compare_images(
    artifact: Artifact,
    folder: Path,
    weights: str | None = None,
    worst: WorstImages | None = None,
) -> Comparison:
    """Without labels: how often both give a pixel of the input the same class, and the logits' SQNR. ``folder``: of images, or with
    ``images/`` in it."""
    paths = find_images(image_folder(folder))
    check_images(paths)
    forms = _Forms(artifact, weights)
    for path in track(paths, "compare", "images"):
        (_, original), _, (_, file) = forms.run(path, artifact.size)
        if worst is not None:
            worst.add(path, original, file)
    return forms.result(data_name(folder), files_digest(paths), (None, None), ())


def unknown(artifact: Artifact, data: Path, error: UnknownOperationError) -> Comparison:
    """The result for a file that cannot be evaluated here: nothing was compared."""
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
    """What is known of a comparison before it starts."""
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


class _Forms:
    """Float original, deploy model and file, fed the same pixels; adds up how far the two are from the first."""

    def __init__(self, artifact: Artifact, weights: str | None) -> None:
        self.artifact = artifact
        self.runtime = artifact.load()  # first: where nothing can run the file nothing else is worth loading
        self.original = reference_of(artifact.manifest, weights, artifact.path.parent)
        self.deployed = deploy(self.original, *artifact.size, emit=artifact.manifest.output.kind)
        classes = artifact.manifest.model.num_classes
        self.file, self.rewrite = Agreement(classes), Agreement(classes)

    def run(self, path: Path, size: tuple[int, int]) -> tuple[Run, Run, Run]:
        """Outputs and class map, the latter at ``size`` height and width, of all three."""
        batch = read_batch(path, *self.artifact.size)
        outputs = (
            reference_outputs(self.original, batch),
            run_module(self.deployed, torch.from_numpy(batch)),
            self.runtime.run(batch),
        )
        maps = [self.artifact.class_map(out[0], *size) for out in outputs]
        for agreement, out, classes in zip((self.rewrite, self.file), outputs[1:], maps[1:], strict=True):
            if self.artifact.manifest.output.kind != "mask":
                agreement.add_logits(outputs[0][0].astype(np.float32), out[0].astype(np.float32))
            agreement.add_classes(maps[0], classes)
        original, deployed, file = zip(outputs, maps, strict=True)
        return original, deployed, file

    def result(
        self, data: str, digest: str, accuracy: tuple[Accuracy | None, Accuracy | None], gains: tuple[Gain, ...]
    ) -> Comparison:
        error, span = self.rewrite.max_error, self.rewrite.logit_range
        gates = gates_of(
            self.artifact.manifest.precision.name,
            error / span if error is not None and span else None,
            self.file.argmax,
            accuracy,
            gains,
        )
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
