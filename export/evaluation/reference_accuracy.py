"""Accuracy of a reference model alone, by the protocol of a deployed file or by its authors': ``evaluate``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from torch import nn

from mobileseg.data.classified import ClassifiedFolder
from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.images import read_image
from mobileseg.data.labels import read_labels
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.document import Document, Part
from mobileseg.export.evaluation.accuracy import Accuracy, AccuracyMeter, Chance
from mobileseg.export.evaluation.chance import guess_by_position
from mobileseg.export.evaluation.method import Method, ProtocolPart, answer, seen_by
from mobileseg.export.evaluation.ranking import RankingAccuracy, RankingMeter
from mobileseg.export.versions import installed
from mobileseg.metrics.position import PositionVotes
from mobileseg.models.factory import spec_of
from mobileseg.postprocess.panoptic import PanopticRules
from mobileseg.progress import track


class PublishedPart(Part):
    """A figure that the model's authors published for their own weights, in percent."""

    metric: str
    value: float
    source: str


class Evaluation(Document):
    """The JSON of ``evaluate``. ``weights``: their name; ``weights_sha256``: None for random ones. ``distinct_images``: without copies;
    ``groups``: in how many groups, None where each image is its own. ``accuracy``: None for a classifier, ``ranking``: None for any
    other. ``chance``: how far it is above a guess. ``panoptic``: how outputs became instances, None without."""

    schema_version: Literal[1] = 1
    created: datetime
    model: str
    weights: str
    weights_sha256: str | None
    weights_licence: str
    note: str | None
    data: str
    data_sha256: str
    images: int
    distinct_images: int
    groups: int | None
    protocol: ProtocolPart
    accuracy: Accuracy | None = None
    ranking: RankingAccuracy | None = None
    chance: tuple[Chance, ...]
    panoptic: PanopticSettings | None = None
    published: tuple[PublishedPart, ...]
    versions: dict[str, str]


def measured(
    model: nn.Module, data: LabelledFolder, method: Method, rules: PanopticRules | None
) -> tuple[AccuracyMeter, PositionVotes, list[str]]:
    """The meter of a reference model on labelled images, the votes of the labels, and the digests of the inputs. ``rules``: how outputs
    become instances, None without. Raises ``DatasetError``, ``ImageError``, ``UnsoundOutputError``."""
    seen = seen_by(method)
    meter, votes = AccuracyMeter.for_classes(data.classes, rules, seen), PositionVotes(len(data.classes.names))
    digests = []
    for item in track(data.items, "evaluate", "images"):
        found = answer(model, method, read_image(item.image), item.image.name)
        label = seen(read_labels(item, data.classes))
        votes.add(label)
        meter.add(found.classes, label)
        if meter.panoptic and rules:
            meter.panoptic.add(found.instances(rules), item, data.classes)
        digests.append(found.digest)
    return meter, votes, digests


def evaluate_labelled(
    model: nn.Module, data: LabelledFolder, method: Method, rules: PanopticRules | None, weights: dict[str, Any]
) -> Evaluation:
    """Evaluate on labelled images. ``weights``: the fields that describe them. Errors as for ``measured``."""
    meter, votes, digests = measured(model, data, method, rules)
    groups = data.groups if data.classes.groups else None
    clusters = groups or digests
    return Evaluation(
        **_facts(model, method, data.title, data.sha256, digests),
        **weights,
        groups=None if groups is None else len(set(groups)),
        accuracy=meter.accuracy(clusters),
        chance=meter.above(guess_by_position(data, clusters, votes, rules, seen_by(method)), clusters),
        panoptic=rules.settings() if rules else None,
    )


def evaluate_classified(
    model: nn.Module, data: ClassifiedFolder, method: Method, weights: dict[str, Any]
) -> Evaluation:
    """Evaluate a classifier. Raises ``ImageError``, ``UnsoundOutputError``."""
    meter, digests = RankingMeter(), []
    for path, label in track(list(zip(data.images, data.labels, strict=True)), "evaluate", "images"):
        found = answer(model, method, read_image(path), path.name)
        meter.add(found.outputs[0], label)
        digests.append(found.digest)
    return Evaluation(
        **_facts(model, method, data.title, data.sha256, digests),
        **weights,
        groups=None,
        ranking=meter.accuracy(digests),
        chance=(meter.chance(data.labels, digests),),
    )


def _facts(model: nn.Module, method: Method, data: str, digest: str, digests: Sequence[str]) -> dict[str, Any]:
    spec = spec_of(model)
    return {
        "created": datetime.now(UTC).replace(microsecond=0),
        "model": spec.name,
        "data": data,
        "data_sha256": digest,
        "images": len(digests),
        "distinct_images": len(set(digests)),
        "protocol": ProtocolPart.of(method),
        "published": tuple(PublishedPart(metric=p.metric, value=p.value, source=p.source) for p in spec.published),
        "versions": installed(),
    }
