"""Comparison of an artifact with its reference model on the same images: the accuracy of both, and their differences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import Field

from mobileseg.data.dataset import LabelledFolder, files_digest
from mobileseg.data.images import check_images
from mobileseg.data.labels import read_labels
from mobileseg.data.opening import ImageSource
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.data.sequence import FrameSequence
from mobileseg.errors import GateError, NotMeasuredError, RequestError, UnknownOperationError
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.accuracy import Accuracy, AccuracyMeter, Chance, Gain
from mobileseg.export.evaluation.chance import guess_by_position
from mobileseg.export.evaluation.consistency import SequenceConsistency
from mobileseg.export.evaluation.evidence import Evidence, fix_of
from mobileseg.export.evaluation.floors import floor_of
from mobileseg.export.evaluation.gates import (
    DECIDED_BY_EVIDENCE,
    Measured,
    Verdict,
    consistency_gates,
    gates_of,
    overall,
)
from mobileseg.export.evaluation.layer_report import LayerReport
from mobileseg.export.evaluation.matching import check_classes
from mobileseg.export.evaluation.shift import ShiftConsistency
from mobileseg.export.evaluation.side_by_side import Logits, SideBySide, logits_of
from mobileseg.export.evaluation.stability import Stability, stability_of
from mobileseg.export.evaluation.worst import Worst, WorstImages
from mobileseg.export.manifest import Decibel, Document, Gate
from mobileseg.export.versions import installed
from mobileseg.metrics.confusion import LABELLED
from mobileseg.metrics.position import PositionVotes
from mobileseg.postprocess.panoptic import panoptic_labels
from mobileseg.postprocess.sound import UnsoundOutputError
from mobileseg.progress import track
from mobileseg.provenance import public_name

SCHEMA_VERSION: Final = 1
SOUND: Final = "sound outputs"
OPERATIONS: Final = "operations"


class Comparison(Document):
    """The JSON of ``compare``.

    ``float_`` (in JSON ``float``) and ``artifact``: accuracy of the reference model and of the file, None without labels ("not
    measured"). ``data``: what the images are called; ``data_sha256``: of their files and labels. ``distinct_images``: those that the
    gates count, without copies and, where there are labels, without images that have none; ``groups``: in how many groups, None where
    each image is its own. ``chance``: how far the reference model is above a guess. ``artifact_logits``, ``deploy_logits``: the file,
    and its deploy model in PyTorch, against the reference model; ``agreement`` and ``sqnr_db`` repeat the file's. ``evaluated_by``: what
    ran the file. Where it cannot be run here, or gives what is no number, a gate says so, and there are no figures. ``panoptic``: how
    outputs became instances, None without. ``layers``: which layers cause the error; ``worst``: the images on which it is largest;
    ``temporal``: how many pixels keep their class from frame to frame of a sequence; each None unless requested. ``shift``: how many
    keep it where an image is moved by a few pixels, None unless measured.
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
    distinct_images: int | None = None
    groups: int | None = None
    float_: Accuracy | None = Field(alias="float")
    artifact: Accuracy | None
    gains: tuple[Gain, ...]
    chance: tuple[Chance, ...] = ()
    agreement: float | None
    sqnr_db: Decibel | None
    artifact_logits: Logits | None
    deploy_logits: Logits | None
    panoptic: PanopticSettings | None = None
    temporal: SequenceConsistency | None = None
    shift: ShiftConsistency | None = None
    layers: LayerReport | None = None
    worst: Worst | None = None
    verdict: Verdict
    gates: tuple[Gate, ...]
    versions: dict[str, str]

    def check(self) -> None:
        """Raise ``GateError`` where the verdict is FAIL, ``NotMeasuredError`` where it is UNKNOWN."""
        if self.verdict == "FAIL":
            raise GateError(
                **self._words("FAIL"),
                fix="the file is not good enough: calibrate on images of its own scenes, or keep more of it float",
            )
        if self.verdict == "UNKNOWN":
            raise NotMeasuredError(**self._words("UNKNOWN"), fix=fix_of(self.gates))

    def _words(self, verdict: str) -> dict[str, str]:
        """The gates of this verdict in words; of those that are UNKNOWN the causes, not the figures that they leave undecided."""
        gates = [gate for gate in self.gates if gate.verdict == verdict and not gate.optional]
        if verdict == "UNKNOWN":
            gates = [gate for gate in gates if not gate.name.endswith(DECIDED_BY_EVIDENCE)] or gates
        return {
            "expected": "; ".join(f"{gate.name}: {gate.expected}" for gate in gates),
            "found": "; ".join(gate.found for gate in gates),
        }


def compare_labelled(
    artifact: Artifact,
    data: LabelledFolder,
    weights: str | None = None,
    worst: WorstImages | None = None,
    panoptic: PanopticSettings | None = None,
    sequence: FrameSequence | None = None,
    shift: bool = True,
) -> Comparison:
    """Compare on labelled images, class maps at the labels' size.

    ``weights``: where the reference weights are now, if they were moved. ``worst`` collects the images that differ most. ``panoptic``:
    how outputs become instances, in place of what the data and the manifest say. ``sequence``: of frames, for temporal consistency.
    ``shift``: whether some images are also moved. Raises ``RequestError`` for a classifier, ``DatasetError`` where the classes do not
    match, ``ArtifactError``, ``UnknownOperationError`` where the file cannot be run here, and ``UnsoundOutputError`` where an output is
    no number.
    """
    if artifact.manifest.model.task == "classification":
        raise RequestError(
            expected="a segmentation artifact", found=artifact.manifest.model.name, fix="use --no-labels"
        )
    check_classes(artifact, data)
    groups = data.groups if data.classes.groups else None
    models = SideBySide(artifact, weights)
    rules = artifact.rules(panoptic, data.classes.panoptic) if data.panoptic else None
    before, after = (AccuracyMeter.for_classes(data.classes, rules) for _ in range(2))
    votes = PositionVotes(len(data.classes.names))
    for item in track(data.items, "compare", "images"):
        label = read_labels(item, data.classes)
        votes.add(label)
        reference, file = models.run(item.image, (label.shape[0], label.shape[1]))
        for meter, (outputs, prediction) in ((before, reference), (after, file)):
            meter.add(prediction, label)
            if meter.panoptic and rules:
                size = label.shape[0], label.shape[1]
                meter.panoptic.add(panoptic_labels(outputs, size, rules), item, data.classes)
        if worst is not None:
            worst.add(item.image, reference[1], file[1], label)
    clusters = groups or models.digests  # copies of an image are one
    guess = guess_by_position(data, clusters, votes, rules)
    labelled = [place for place, counts in enumerate(before.counts) if counts[:, LABELLED].any()]
    evidence = Evidence(
        images=len({models.digests[place] for place in labelled}),
        groups=None if groups is None else len({groups[place] for place in labelled}),
        chance=before.above(guess, clusters),
        trained=artifact.manifest.weights.trained,
    )
    accuracy = before.accuracy(clusters), after.accuracy(clusters)
    steady = stability_of(models, [item.image for item in data.items], sequence, shift)
    found = _result(models, data.title, data.sha256, evidence, steady, accuracy, after.gains(before, clusters))
    return found.model_copy(update={"panoptic": rules.settings() if rules else None})


def compare_images(
    artifact: Artifact,
    name: str,
    paths: Sequence[ImageSource],
    weights: str | None = None,
    worst: WorstImages | None = None,
    sequence: FrameSequence | None = None,
    shift: bool = True,
) -> Comparison:
    """Compare on images without labels: agreement of the classes at input size, and SQNR of the logits. ``name``: what records call the
    images. Other arguments and errors as for ``compare_labelled``, and ``ImageError``."""
    check_images(paths)
    models = SideBySide(artifact, weights)
    votes = PositionVotes(artifact.manifest.model.num_classes)
    for path in track(paths, "compare", "images"):
        (_, reference), (_, file) = models.run(path, artifact.size)
        votes.add(reference if reference.ndim == 2 else reference[None])  # a classifier's classes have no positions
        if worst is not None:
            worst.add(path, reference, file)
    trained = artifact.manifest.weights.trained
    evidence = Evidence(images=len(set(models.digests)), constant=votes.share, trained=trained)
    return _result(models, name, files_digest(paths), evidence, stability_of(models, paths, sequence, shift))


def without_figures(artifact: Artifact, data: str, error: UnknownOperationError | UnsoundOutputError) -> Comparison:
    """The result for a file that gave nothing to compare: UNKNOWN where it cannot be run here, FAIL where an output is no number."""
    unknown = isinstance(error, UnknownOperationError)
    gate = Gate(
        name=OPERATIONS if unknown else SOUND,
        verdict="UNKNOWN" if unknown else "FAIL",
        expected=error.expected,
        found=error.found,
    )
    return Comparison(
        **_facts(artifact, data),
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


def _result(
    models: SideBySide,
    data: str,
    digest: str,
    evidence: Evidence,
    steady: Stability,
    accuracy: tuple[Accuracy | None, Accuracy | None] = (None, None),
    gains: tuple[Gain, ...] = (),
) -> Comparison:
    manifest, file = models.artifact.manifest, models.file
    precision = manifest.precision.name
    measured = Measured(
        precision=precision,
        evidence=evidence,
        rewrite_error=models.rewrite.relative_error,
        rewrite_agreement=models.rewrite.argmax,
        agreement=file.argmax,
        sqnr_db=file.sqnr_db,
        accuracy=accuracy,
        gains=gains,
        floor=manifest.verification.floor or floor_of(precision, manifest.model.task),
    )
    sound = Gate(
        name=SOUND,
        verdict="PASS",
        expected="finite numbers and classes that exist in every output",
        found=f"nothing else for {file.images} images",
    )
    gates = (sound, *gates_of(measured), *consistency_gates(precision, steady.temporal))
    return Comparison(
        **_facts(models.artifact, data, digest),
        images=file.images,
        distinct_images=evidence.images,
        groups=evidence.groups,
        float=accuracy[0],
        artifact=accuracy[1],
        gains=gains,
        chance=evidence.chance,
        agreement=file.argmax,
        sqnr_db=file.sqnr_db,
        artifact_logits=logits_of(file),
        deploy_logits=logits_of(models.rewrite),
        temporal=steady.temporal,
        shift=steady.shift,
        verdict=overall(gates),
        gates=gates,
    )
