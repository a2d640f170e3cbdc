"""An artifact and the float original on the same images: how accurate both are and how far apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, PlainSerializer

from mobileseg.classmap import Outputs
from mobileseg.data.classes import ClassSet
from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.images import check_images, find_images, read_batch
from mobileseg.data.labels import Item, read_labels, read_panoptic
from mobileseg.errors import DatasetError, RequestError
from mobileseg.export.artifact import Artifact
from mobileseg.export.manifest import Decibel, Part
from mobileseg.export.reference import original_of
from mobileseg.export.versions import installed
from mobileseg.metrics.agreement import Agreement
from mobileseg.metrics.confusion import bootstrap_miou, confusion, scores
from mobileseg.metrics.panoptic import bootstrap_pq, panoptic_counts, panoptic_scores
from mobileseg.models.reference import original_outputs
from mobileseg.panoptic import PanopticRules, panoptic_labels

SCHEMA_VERSION: Final = 1
Count = Callable[[int, int], None]

# A class that neither occurs nor is predicted has no IoU: null in JSON.
Ratio = Annotated[
    float,
    PlainSerializer(lambda v: None if math.isnan(v) else v, when_used="json"),
    BeforeValidator(lambda v: float("nan") if v is None else v),
]


class PanopticAccuracy(Part):
    """Panoptic quality, all in 0..1: means over the classes that occur, over the things and the stuff among them, and each class's.

    ``interval``: of ``pq``, 95 %, bootstrap over images.
    """

    pq: Ratio
    interval: tuple[Ratio, Ratio]
    sq: Ratio
    rq: Ratio
    pq_things: Ratio
    pq_stuff: Ratio
    pq_of_class: dict[str, Ratio]


class Accuracy(Part):
    """All in 0..1. ``interval``: 95 %, bootstrap over images. ``panoptic``: where both file and data have instances."""

    miou: Ratio
    interval: tuple[Ratio, Ratio]
    pixel_accuracy: Ratio
    iou: dict[str, Ratio]
    panoptic: PanopticAccuracy | None = None


class Comparison(Part):
    """The JSON of ``compare``. ``float_`` is written as ``float``; both are None where there were no labels: not measured."""

    schema_version: Literal[1] = SCHEMA_VERSION
    created: datetime
    model: str
    target: str
    precision: str
    weights: str
    artifact_file: str
    artifact_sha256: str
    data: str
    images: int
    float_: Accuracy | None = Field(alias="float")
    artifact: Accuracy | None
    agreement: float
    sqnr_db: Decibel | None
    versions: dict[str, str]

    def to_json(self) -> str:
        """Indented JSON with a final newline."""
        return self.model_dump_json(indent=1, by_alias=True) + "\n"


@dataclass
class PanopticTally:
    """Counts of segments, one array an image."""

    names: tuple[str, ...]
    rules: PanopticRules
    counts: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, outputs: Outputs, item: Item, classes: ClassSet) -> None:
        """The outputs of one image against its labels, at the labels' size."""
        label = read_panoptic(item, classes, self.rules.label_divisor, self.rules.void)
        found = panoptic_labels(outputs, (label.shape[0], label.shape[1]), self.rules)
        self.counts.append(panoptic_counts(found, label, len(self.names), self.rules.label_divisor, self.rules.void))

    def accuracy(self) -> PanopticAccuracy:
        stack = np.stack(self.counts)
        total = panoptic_scores(stack.sum(0), self.rules.things)
        return PanopticAccuracy(
            pq=total.every.pq,
            interval=bootstrap_pq(stack),
            sq=total.every.sq,
            rq=total.every.rq,
            pq_things=total.things.pq,
            pq_stuff=total.stuff.pq,
            pq_of_class=dict(zip(self.names, total.pq.tolist(), strict=True)),
        )


@dataclass
class _Tally:
    """Confusion matrices, one an image, and what they add up to."""

    names: tuple[str, ...]
    ignore: int | None
    counts: list[NDArray[np.int64]] = field(default_factory=list)
    panoptic: PanopticTally | None = None

    def add(self, prediction: NDArray[np.int32], label: NDArray[np.int64]) -> None:
        self.counts.append(confusion(prediction, label, len(self.names), self.ignore))

    def accuracy(self) -> Accuracy:
        stack = np.stack(self.counts)
        total = scores(stack.sum(0))
        iou = dict(zip(self.names, total.iou.tolist(), strict=True))
        return Accuracy(
            miou=total.miou,
            interval=bootstrap_miou(stack),
            pixel_accuracy=total.pixel_accuracy,
            iou=iou,
            panoptic=self.panoptic.accuracy() if self.panoptic else None,
        )


def check_classes(artifact: Artifact, data: LabelledFolder) -> None:
    """Raise ``DatasetError`` unless the artifact's classes are the data's."""
    wanted, names = artifact.manifest.output.classes, data.classes.names
    count = artifact.manifest.model.num_classes
    if count != len(names):
        raise DatasetError(
            expected=f"{count} classes, as {artifact.path.name} has",
            found=f"{len(names)} in {data.path} ({', '.join(names[:6])}{', ...' if len(names) > 6 else ''})",
            todo="give data with the model's classes, or --no-labels to compare on the images alone",
        )
    if wanted is not None and wanted != names:
        first = next(i for i in range(count) if wanted[i] != names[i])
        raise DatasetError(
            expected=f"class {first} to be {wanted[first]!r}, as {artifact.path.name} has it",
            found=f"{names[first]!r} in the data's classes.json",
            todo="put the classes into the model's order",
        )


def compare_labelled(
    artifact: Artifact, data: LabelledFolder, weights: str | None = None, count: Count = lambda done, total: None
) -> Comparison:
    """Both on every image; masks at the labels' own size. ``count(done, total)`` is called after each image."""
    if artifact.manifest.model.task == "classification":
        raise RequestError(
            expected="a segmentation artifact", found=artifact.manifest.model.name, todo="use --no-labels"
        )
    check_classes(artifact, data)
    pair = _Pair(artifact, weights)
    names, rules = data.classes.names, artifact.rules if data.panoptic else None
    tallies = [_Tally(names, data.classes.ignore_index) for _ in range(2)]
    for tally in tallies:
        tally.panoptic = PanopticTally(names, rules) if rules else None
    for done, item in enumerate(data.items, 1):
        label = read_labels(item, data.classes)
        both = pair.run(item.image)
        for tally, outputs, prediction in zip(tallies, both, pair.class_maps(both, label.shape), strict=True):
            tally.add(prediction, label)
            if tally.panoptic:
                tally.panoptic.add(outputs, item, data.classes)
        count(done, len(data.items))
    return pair.result(str(data.path), tallies[0].accuracy(), tallies[1].accuracy())


def compare_images(
    artifact: Artifact, folder: Path, weights: str | None = None, count: Count = lambda done, total: None
) -> Comparison:
    """Without labels: how often both give a pixel of the input the same class, and the logits' SQNR."""
    paths = find_images(folder)
    check_images(paths)
    pair = _Pair(artifact, weights)
    for done, path in enumerate(paths, 1):
        pair.class_maps(pair.run(path), artifact.size)
        count(done, len(paths))
    return pair.result(str(folder), None, None)


class _Pair:
    """The float original and the artifact, fed the same pixels; adds up how they agree."""

    def __init__(self, artifact: Artifact, weights: str | None) -> None:
        self.artifact = artifact
        self.runtime = artifact.load()  # first: where nothing can run the file nothing else is worth loading
        self.original = original_of(artifact.manifest, weights)
        self.agreement = Agreement(artifact.manifest.model.num_classes)

    def run(self, path: Path) -> tuple[Outputs, Outputs]:
        """The outputs of the original and of the artifact."""
        batch = read_batch(path, *self.artifact.size)
        both = original_outputs(self.original, batch), self.runtime.run(batch)
        if self.artifact.manifest.output.kind != "mask":
            self.agreement.add_logits(*(outputs[0].astype(np.float32) for outputs in both))
        return both

    def class_maps(self, both: tuple[Outputs, Outputs], size: tuple[int, ...]) -> list[NDArray[np.int32]]:
        """The class maps of both at ``size`` height and width; they count for the agreement."""
        maps = [self.artifact.class_map(outputs[0], size[0], size[1]) for outputs in both]
        self.agreement.add_classes(maps[0], maps[1])
        return maps

    def result(self, data: str, original: Accuracy | None, artifact: Accuracy | None) -> Comparison:
        manifest = self.artifact.manifest
        return Comparison(
            created=datetime.now(UTC).replace(microsecond=0),
            model=manifest.model.name,
            target=manifest.target,
            precision=manifest.precision.name,
            weights=manifest.weights.note or manifest.weights.source,
            artifact_file=self.artifact.path.name,
            artifact_sha256=manifest.artifact.sha256,
            data=data,
            images=self.agreement.images,
            float=original,
            artifact=artifact,
            agreement=self.agreement.argmax,
            sqnr_db=self.agreement.sqnr_db,
            versions=installed(),
        )
