"""What a file is compared on: labelled images, images in a folder for each class, or images alone."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobileseg.data.classified import ClassifiedFolder, check_options, classes_of_folders, open_classified
from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.opening import ImageSource
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.data.protocols import DEPLOY, Protocol, check_name
from mobileseg.data.sequence import FrameSequence
from mobileseg.data.split import open_images, open_one
from mobileseg.errors import RequestError
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.classified_comparison import compare_classified
from mobileseg.export.evaluation.compared import Comparison
from mobileseg.export.evaluation.comparison import compare_images, compare_labelled
from mobileseg.export.evaluation.matching import check_classes
from mobileseg.export.evaluation.method import authors_method
from mobileseg.export.evaluation.worst import WorstImages
from mobileseg.export.manifest import ModelPart
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import ModelSpec


@dataclass(frozen=True)
class Pictures:
    """``labels``: None for images alone. ``authors``: a protocol to evaluate the reference model by, too."""

    title: str
    paths: Sequence[ImageSource]
    labels: LabelledFolder | ClassifiedFolder | None
    authors: Protocol | None

    @property
    def ignored(self) -> int | None:
        """The label of pixels to ignore, where there are any."""
        return self.labels.classes.ignored if isinstance(self.labels, LabelledFolder) else None

    @property
    def panoptic(self) -> bool:
        """Whether there are instance labels."""
        return isinstance(self.labels, LabelledFolder) and self.labels.panoptic

    def compare(
        self,
        artifact: Artifact,
        weights: str | None,
        worst: WorstImages | None,
        panoptic: PanopticSettings | None,
        sequence: FrameSequence | None,
        shift: bool,
    ) -> Comparison:
        """Compare ``artifact`` on them; see ``compare_labelled``."""
        if isinstance(self.labels, LabelledFolder):
            return compare_labelled(artifact, self.labels, weights, worst, panoptic, sequence, shift, self.authors)
        if self.labels is not None:
            return compare_classified(artifact, self.labels, weights, shift, self.authors)
        return compare_images(artifact, self.title, self.paths, weights, worst, sequence, shift)


def _row(model: ModelPart) -> ModelSpec:
    """The row of a file's model; nothing of a network that is not ours is imported."""
    if model.card is None:
        return MODELS[model.name]
    from mobileseg.models.foreign.opening import row_of_card

    return row_of_card(model.card, model.num_classes)


def open_pictures(
    artifact: Artifact,
    folder: Path,
    labelled: bool,
    split: str | None,
    groups: str | None,
    data_format: str | None,
    classes: str | Path | None,
    protocol: str,
) -> Pictures:
    """Open and check the images. Raises ``DatasetError``, ``ImageError``, ``RequestError`` for a protocol that does not fit,
    ``MissingExtraError``."""
    check_name(protocol)
    if not labelled:
        if protocol != DEPLOY:
            raise RequestError(
                expected="labelled images for --protocol", found="--no-labels", fix="leave one of them out"
            )
        title, paths = open_images(folder)
        return Pictures(title, paths, None, None)
    model = artifact.manifest.model
    if model.task == "classification":
        check_options(model.name, {"--groups": groups, "--data-format": data_format})
        classified = open_classified(folder, classes_of_folders(artifact.class_names, classes), split)
        authors = authors_method(protocol, _row(model), classified.names)
        classified.check()
        return Pictures(classified.title, classified.images, classified, authors)
    before = functools.partial(check_classes, artifact)  # not after a pixel was decoded
    data = open_one(folder, split, groups, data_format, classes, before=before)
    authors = authors_method(protocol, _row(model), data.classes.names)
    return Pictures(data.title, [item.image for item in data.items], data, authors)
