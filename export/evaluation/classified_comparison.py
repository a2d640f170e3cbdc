"""Comparison of a classifier's file with its reference model on images in a folder for each class."""

from __future__ import annotations

from mobileseg.data.classified import ClassifiedFolder
from mobileseg.data.images import read_image
from mobileseg.data.protocols import Protocol
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.by_authors import AuthorsPart
from mobileseg.export.evaluation.compared import Comparison, result_of
from mobileseg.export.evaluation.evidence import Evidence
from mobileseg.export.evaluation.method import ProtocolPart, answer
from mobileseg.export.evaluation.ranking import RankingMeter
from mobileseg.export.evaluation.side_by_side import SideBySide
from mobileseg.export.evaluation.stability import stability_of
from mobileseg.progress import track


def compare_classified(
    artifact: Artifact,
    data: ClassifiedFolder,
    weights: str | None = None,
    shift: bool = True,
    authors: Protocol | None = None,
) -> Comparison:
    """Compare top-1 and top-5. Arguments and errors as for ``compare_labelled``."""
    models = SideBySide(artifact, weights)
    before, after, theirs = RankingMeter(), RankingMeter(), RankingMeter()
    for path, label in track(list(zip(data.images, data.labels, strict=True)), "compare", "images"):
        reference, file = models.run(path, None)
        before.add(reference[0][0], label)
        after.add(file[0][0], label)
        if authors is not None:
            theirs.add(answer(models.reference, authors, read_image(path), path.name).outputs[0], label)
    copies = models.digests
    evidence = Evidence(
        images=len(set(copies)),
        chance=(before.chance(data.labels, copies),),
        trained=artifact.manifest.weights.trained,
    )
    steady = stability_of(models, data.images, None, shift)
    both = before.accuracy(copies), after.accuracy(copies)
    gains = (after.gain(before, copies),)
    result = result_of(models, data.title, data.sha256, evidence, steady, None, gains, both)
    if authors is None:
        return result
    beside = AuthorsPart(
        protocol=ProtocolPart.of(authors), ranking=theirs.accuracy(copies), cost=(before.gain(theirs, copies),)
    )
    return result.model_copy(update={"authors": beside})
