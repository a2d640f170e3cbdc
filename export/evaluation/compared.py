"""The result of a comparison: what its JSON holds, and how it is put together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import Field

from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.document import Decibel, Document
from mobileseg.errors import GateError, NotMeasuredError, UnknownOperationError
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.accuracy import Accuracy, Chance, Gain
from mobileseg.export.evaluation.by_authors import AuthorsPart
from mobileseg.export.evaluation.consistency import SequenceConsistency
from mobileseg.export.evaluation.evidence import Evidence, fix_of
from mobileseg.export.evaluation.floors import floor_of
from mobileseg.export.evaluation.gates import (
    DECIDED_BY_EVIDENCE,
    MIOU,
    Figures,
    Measured,
    Verdict,
    consistency_gates,
    gates_of,
    overall,
)
from mobileseg.export.evaluation.layer_report import LayerReport
from mobileseg.export.evaluation.method import ProtocolPart
from mobileseg.export.evaluation.ranking import TOP1, RankingAccuracy, RankingPair
from mobileseg.export.evaluation.shift import ShiftConsistency
from mobileseg.export.evaluation.side_by_side import Logits, SideBySide, logits_of
from mobileseg.export.evaluation.stability import Stability
from mobileseg.export.evaluation.worst import Worst
from mobileseg.export.manifest import Gate
from mobileseg.export.versions import installed
from mobileseg.postprocess.sound import UnsoundOutputError
from mobileseg.provenance import public_name

SCHEMA_VERSION: Final = 1
SOUND: Final = "sound outputs"
OPERATIONS: Final = "operations"


class Comparison(Document):
    """The JSON of ``compare``.

    ``float_`` (in JSON ``float``) and ``artifact``: accuracy of the reference model and of the file, None without labels ("not measured").
    ``data``: what the images are called; ``data_sha256``: of their files and labels. ``distinct_images``: those that the gates count,
    without copies and, where there are labels, without images that have none; ``groups``: in how many groups, None where each image is its
    own. ``chance``: how far the reference model is above a guess. ``artifact_logits``, ``deploy_logits``: the file, and its deploy model
    in PyTorch, against the reference model; ``agreement`` and ``sqnr_db`` repeat the file's. ``evaluated_by``: what ran the file. Where it
    cannot be run here, or gives what is no number, a gate says so, and there are no figures. ``panoptic``: how outputs became instances,
    None without. ``protocol``: how pictures became the file's input, None in older files; ``authors``: the reference model as its authors
    evaluate it, None unless requested. ``ranking``: of a classifier, reference model and file. ``layers``: which layers cause the error;
    ``worst``: the images on which it is largest; ``temporal``: how many pixels keep their class from frame to frame of a sequence; each
    None unless requested. ``shift``: how many keep it where an image is moved by a few pixels, None unless measured.
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
    protocol: ProtocolPart | None = None
    authors: AuthorsPart | None = None
    ranking: RankingPair | None = None
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


def figures_of(
    accuracy: tuple[Accuracy, Accuracy] | None, ranking: tuple[RankingAccuracy, RankingAccuracy] | None
) -> Figures:
    """The figures that the gates look at, by metric."""
    if ranking is not None:
        return {TOP1: (ranking[0].top1, ranking[1].top1)}
    if accuracy is None:
        return {}
    both = {MIOU: (accuracy[0].miou, accuracy[1].miou)}
    if accuracy[0].panoptic and accuracy[1].panoptic:
        both["PQ"] = (accuracy[0].panoptic.pq, accuracy[1].panoptic.pq)
    return both


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


def result_of(
    models: SideBySide,
    data: str,
    digest: str,
    evidence: Evidence,
    steady: Stability,
    accuracy: tuple[Accuracy, Accuracy] | None = None,
    gains: tuple[Gain, ...] = (),
    ranking: tuple[RankingAccuracy, RankingAccuracy] | None = None,
) -> Comparison:
    """The result of all that ``models`` have seen. ``accuracy``, or ``ranking`` for a classifier: of the reference model and of the
    file, None without labels; ``gains``: their differences."""
    manifest, file = models.artifact.manifest, models.file
    precision = manifest.precision.name
    measured = Measured(
        precision=precision,
        evidence=evidence,
        rewrite_error=models.rewrite.relative_error,
        rewrite_agreement=models.rewrite.argmax,
        agreement=file.argmax,
        sqnr_db=file.sqnr_db,
        metric=TOP1 if manifest.model.task == "classification" else MIOU,
        figures=figures_of(accuracy, ranking),
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
        float=accuracy[0] if accuracy else None,
        artifact=accuracy[1] if accuracy else None,
        ranking=RankingPair(float=ranking[0], artifact=ranking[1]) if ranking else None,
        gains=gains,
        chance=evidence.chance,
        agreement=file.argmax,
        sqnr_db=file.sqnr_db,
        artifact_logits=logits_of(file),
        deploy_logits=logits_of(models.rewrite),
        protocol=ProtocolPart.of(models.fit),
        temporal=steady.temporal,
        shift=steady.shift,
        verdict=overall(gates),
        gates=gates,
    )
