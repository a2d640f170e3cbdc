"""Prediction of classes and instances for an image, with an artifact or with the reference model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.classes import Color
from mobileseg.data.fit import Fit
from mobileseg.data.images import Batch, Pixels
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import RequestError
from mobileseg.export.artifact import Artifact
from mobileseg.metrics.ranking import MOST, probabilities
from mobileseg.models.spec import ModelSpec
from mobileseg.postprocess.class_map import Outputs, classes_of_output
from mobileseg.postprocess.panoptic import PanopticRules, panoptic_labels, rules_for
from mobileseg.postprocess.sound import check_sound

VOID: tuple[str, Color] = ("void", (0, 0, 0))


class Prediction(NamedTuple):
    """``(H, W)`` int32 each. The number after the last class is void, which panoptic merging leaves, and pixels
    have that the input does not show. Instances are numbered from 1
    across all classes, 0 for none."""

    classes: NDArray[np.int32]
    instances: NDArray[np.int32] | None


@dataclass(frozen=True)
class Predictor:
    """A function from pixels to outputs, with its input, class names and colours.

    ``fit``: how pictures become the input. ``note``: a warning about the weights. ``rules``: how outputs become instances, None for models
    without. ``evaluated_by``: what replaces the file's own runtime, in words; None where the runtime itself is used. ``classifier``: it
    ranks the classes of a whole image, and has no class map.
    """

    run: Callable[[Batch], Outputs]
    fit: Fit
    align_corners: bool
    names: tuple[str, ...]
    palette: tuple[Color, ...]
    note: str | None
    rules: PanopticRules | None = None
    evaluated_by: str | None = None
    classifier: bool = False

    def rank(self, pixels: Pixels, name: str = "this image") -> tuple[tuple[str, float], ...]:
        """A classifier's most likely classes of an image ``(H, W, 3)`` uint8 RGB, at most five, with their probabilities, 0..1. Raises
        ``UnsoundOutputError``."""
        outputs = self.run(self.fit.batch(pixels))
        check_sound(outputs, (), len(self.names), "the model", name)
        shares = probabilities(outputs[0][0])
        return tuple((self.names[i], float(shares[i])) for i in np.argsort(-shares, kind="stable")[:MOST])

    def __call__(self, pixels: Pixels, name: str = "this image") -> Prediction:
        """Predict an image ``(H, W, 3)`` uint8 RGB, at its own size. ``name``: of it, for messages. Raises
        ``UnsoundOutputError`` where an output is no number."""
        outputs, place = self.run(self.fit.batch(pixels)), self.fit.place((pixels.shape[0], pixels.shape[1]))
        check_sound(outputs, (), len(self.names), "the model", name)
        if self.rules is None:
            found = classes_of_output(outputs[0], *place.seen.size, self.align_corners, place)
            return Prediction(place.whole(found, len(self.names)), None)
        labels = panoptic_labels(outputs, place.seen.size, self.rules, place)
        classes, instances = np.divmod(labels, self.rules.label_divisor)
        numbers = np.unique(labels, return_inverse=True)[1].reshape(labels.shape) + 1
        void = np.minimum(classes, len(self.names)).astype(np.int32)
        shown = place.whole(np.where(instances > 0, numbers, 0).astype(np.int32), 0)
        return Prediction(place.whole(void, len(self.names)), shown)

    @property
    def legend(self) -> tuple[tuple[str, ...], tuple[Color, ...]]:
        """Names and colours of all class numbers that a prediction may contain, void included."""
        if self.rules is None and self.fit.mode != "crop":
            return self.names, self.palette
        return (*self.names, VOID[0]), (*self.palette, VOID[1])


def from_artifact(artifact: Artifact, panoptic: PanopticSettings | None = None) -> Predictor:
    """A predictor that runs the artifact. ``panoptic``: how outputs become instances, in place of what the manifest says. Raises
    ``RequestError`` for ``panoptic`` of a file without instances, and ``ArtifactError``."""
    _refuse_settings(panoptic, artifact.path.name, artifact.manifest.output.kind)
    return Predictor(
        run=artifact.load().run,
        fit=artifact.fit,
        align_corners=artifact.manifest.output.align_corners,
        names=artifact.class_names,
        palette=artifact.palette,
        note=artifact.manifest.weights.note,
        rules=artifact.rules(panoptic),
        evaluated_by=artifact.target.evaluated_by if artifact.target.interpreted else None,
        classifier=artifact.manifest.model.task == "classification",
    )


def from_reference(
    spec: ModelSpec,
    weights: str | None,
    size: tuple[int, int] | None,
    panoptic: PanopticSettings | None = None,
    ema: bool | None = None,
    refresh: bool = False,
) -> Predictor:
    """A predictor that runs the reference model. ``weights``: default the bundled ones. ``size``: height, width; default the weights'
    own. ``panoptic``: how outputs become instances, in place of what the weights' record says. ``ema``, ``refresh``: see ``resolve``.
    Raises ``CheckpointError``, ``SizeError``, and ``RequestError`` as for ``from_artifact``."""
    from mobileseg.export.evaluation.loading import load
    from mobileseg.models.checks import check_size
    from mobileseg.models.reference import reference_outputs

    _refuse_settings(panoptic, spec.name, spec.task)
    found = load(spec, weights, ema, refresh)
    size = size or found.size
    check_size(spec, *size)
    return Predictor(
        run=lambda batch: reference_outputs(found.module, batch),
        fit=Fit(size),
        align_corners=spec.align_corners,
        names=found.shown_names,
        palette=found.palette,
        note=found.note,
        rules=rules_for(found.things, panoptic, found.settings) if spec.task == "panoptic" else None,
        classifier=spec.task == "classification",
    )


def _refuse_settings(panoptic: PanopticSettings | None, name: str, kind: str) -> None:
    if panoptic is not None and kind != "panoptic":
        raise RequestError(
            expected=f"{panoptic.options} with a panoptic model", found=f"{name}, {kind}", fix="leave it out"
        )
