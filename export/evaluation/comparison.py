"""Comparison of an artifact with its reference model on the same images: the accuracy of both, and their differences."""

from __future__ import annotations

from collections.abc import Sequence

from mobileseg.data.dataset import LabelledFolder, files_digest
from mobileseg.data.images import check_images
from mobileseg.data.labels import read_labels
from mobileseg.data.opening import ImageSource
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.data.protocols import Protocol
from mobileseg.data.sequence import FrameSequence
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.accuracy import AccuracyMeter
from mobileseg.export.evaluation.by_authors import by_authors
from mobileseg.export.evaluation.chance import guess_by_position
from mobileseg.export.evaluation.compared import Comparison, result_of
from mobileseg.export.evaluation.evidence import Evidence
from mobileseg.export.evaluation.matching import check_classes
from mobileseg.export.evaluation.side_by_side import SideBySide
from mobileseg.export.evaluation.stability import stability_of
from mobileseg.export.evaluation.worst import WorstImages
from mobileseg.metrics.confusion import LABELLED
from mobileseg.metrics.position import PositionVotes
from mobileseg.postprocess.panoptic import panoptic_labels
from mobileseg.progress import track


def compare_labelled(
    artifact: Artifact,
    data: LabelledFolder,
    weights: str | None = None,
    worst: WorstImages | None = None,
    panoptic: PanopticSettings | None = None,
    sequence: FrameSequence | None = None,
    shift: bool = True,
    authors: Protocol | None = None,
) -> Comparison:
    """Compare on labelled images, class maps at the labels' size.

    ``weights``: where the reference weights are now, if they were moved. ``worst`` collects the images that differ most. ``panoptic``: how
    outputs become instances, in place of what the data and the manifest say. ``sequence``: of frames, for temporal consistency. ``shift``:
    whether some images are also moved. ``authors``: a protocol to evaluate the reference model by, too. Raises ``DatasetError`` where the
    classes do not match, ``ArtifactError``, ``UnknownOperationError`` where the file cannot be run here, and ``UnsoundOutputError`` where
    an output is no number.
    """
    check_classes(artifact, data)
    groups = data.groups if data.classes.groups else None
    models = SideBySide(artifact, weights)
    rules = artifact.rules(panoptic, data.classes.panoptic) if data.panoptic else None
    fit = models.fit
    before, after = (AccuracyMeter.for_classes(data.classes, rules, fit.seen) for _ in range(2))
    votes = PositionVotes(len(data.classes.names))
    for item in track(data.items, "compare", "images"):
        whole = read_labels(item, data.classes)
        place = fit.place((whole.shape[0], whole.shape[1]))
        label = place.seen.of(whole)
        votes.add(label)
        reference, file = models.run(item.image, place.seen.size)
        for meter, (outputs, prediction) in ((before, reference), (after, file)):
            meter.add(prediction, label)
            if meter.panoptic and rules:
                found = panoptic_labels(outputs, place.seen.size, rules, place)
                meter.panoptic.add(found, item, data.classes)
        if worst is not None:
            worst.add(item.image, reference[1], file[1], label)
    clusters = groups or models.digests  # copies of an image are one
    guess = guess_by_position(data, clusters, votes, rules, fit.seen)
    labelled = [place for place, counts in enumerate(before.counts) if counts[:, LABELLED].any()]
    evidence = Evidence(
        images=len({models.digests[place] for place in labelled}),
        groups=None if groups is None else len({groups[place] for place in labelled}),
        chance=before.above(guess, clusters),
        trained=artifact.manifest.weights.trained,
    )
    accuracy = before.accuracy(clusters), after.accuracy(clusters)
    steady = stability_of(models, [item.image for item in data.items], sequence, shift)
    result = result_of(models, data.title, data.sha256, evidence, steady, accuracy, after.gains(before, clusters))
    beside = by_authors(models.reference, data, authors, rules, before, clusters) if authors else None
    return result.model_copy(update={"panoptic": rules.settings() if rules else None, "authors": beside})


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
        (_, reference), (_, file) = models.run(path, None)
        votes.add(reference if reference.ndim == 2 else reference[None])  # a classifier's classes have no positions
        if worst is not None:
            worst.add(path, reference, file)
    trained = artifact.manifest.weights.trained
    evidence = Evidence(images=len(set(models.digests)), constant=votes.share, trained=trained)
    return result_of(models, name, files_digest(paths), evidence, stability_of(models, paths, sequence, shift))
