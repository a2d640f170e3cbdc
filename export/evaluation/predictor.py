"""Prediction of classes and instances for an image, with an artifact or with the reference model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mobileseg.data.classes import Color, generated_palette
from mobileseg.data.images import Batch, Pixels, to_batch
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import RequestError
from mobileseg.export.artifact import Artifact
from mobileseg.models.spec import ModelSpec
from mobileseg.postprocess.class_map import Outputs, classes_of_output
from mobileseg.postprocess.panoptic import PanopticRules, panoptic_labels, rules_for
from mobileseg.postprocess.sound import check_sound

VOID: tuple[str, Color] = ("void", (0, 0, 0))


class Prediction(NamedTuple):
    """``(H, W)`` int32 each. The number after the last class is void, which only panoptic merging leaves. Instances are numbered from 1
    across all classes, 0 for none."""

    classes: NDArray[np.int32]
    instances: NDArray[np.int32] | None


@dataclass(frozen=True)
class Predictor:
    """A function from pixels to outputs, with its input size, class names and colours.

    ``size``: height, width in pixels. ``note``: a warning about the weights. ``rules``: how outputs become instances, None for models
    without. ``evaluated_by``: what replaces the file's own runtime, in words; None where the runtime itself is used.
    """

    run: Callable[[Batch], Outputs]
    size: tuple[int, int]
    align_corners: bool
    names: tuple[str, ...]
    palette: tuple[Color, ...]
    note: str | None
    rules: PanopticRules | None = None
    evaluated_by: str | None = None

    def __call__(self, pixels: Pixels, name: str = "this image") -> Prediction:
        """Predict an image ``(H, W, 3)`` uint8 RGB, at its own size. ``name``: of it, for messages. Raises
        ``UnsoundOutputError`` where an output is no number."""
        outputs, (height, width) = self.run(to_batch(pixels, *self.size)), pixels.shape[:2]
        check_sound(outputs, (), len(self.names), "the model", name)
        if self.rules is None:
            return Prediction(classes_of_output(outputs[0], height, width, self.align_corners), None)
        labels = panoptic_labels(outputs, (height, width), self.rules)
        classes, instances = np.divmod(labels, self.rules.label_divisor)
        numbers = np.unique(labels, return_inverse=True)[1].reshape(labels.shape) + 1
        void = np.minimum(classes, len(self.names)).astype(np.int32)
        return Prediction(void, np.where(instances > 0, numbers, 0).astype(np.int32))

    @property
    def legend(self) -> tuple[tuple[str, ...], tuple[Color, ...]]:
        """Names and colours of all class numbers that a prediction may contain, void included."""
        if self.rules is None:
            return self.names, self.palette
        return (*self.names, VOID[0]), (*self.palette, VOID[1])


def from_artifact(artifact: Artifact, panoptic: PanopticSettings | None = None) -> Predictor:
    """A predictor that runs the artifact. ``panoptic``: how outputs become instances, in place of what the manifest says. Raises
    ``RequestError`` for a classifier and for ``panoptic`` of a file without instances, and ``ArtifactError``."""
    _refuse_classifier(artifact.manifest.model.name, artifact.manifest.model.task)
    _refuse_settings(panoptic, artifact.path.name, artifact.manifest.output.kind)
    return Predictor(
        run=artifact.load().run,
        size=artifact.size,
        align_corners=artifact.manifest.output.align_corners,
        names=artifact.class_names,
        palette=artifact.palette,
        note=artifact.manifest.weights.note,
        rules=artifact.rules(panoptic),
        evaluated_by=artifact.target.evaluated_by if artifact.target.interpreted else None,
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
    from mobileseg.models.checks import check_size
    from mobileseg.models.factory import build, num_classes_of
    from mobileseg.models.reference import reference_outputs
    from mobileseg.weights.importer import model_from_weights
    from mobileseg.weights.resolve import RANDOM, default_weights, resolve

    _refuse_classifier(spec.name, spec.task)
    _refuse_settings(panoptic, spec.name, spec.task)
    if weights == RANDOM:
        record, labels, model = None, None, build(spec, spec.num_classes)
        note: str | None = "RANDOM WEIGHTS: the picture means nothing"
    else:
        source = resolve(weights or default_weights(spec), spec, ema=ema, refresh=refresh)
        model, report = model_from_weights(spec, source)
        record, labels = source.record, report.labels
        note = None if report.head_trained else "UNTRAINED HEAD: the picture means nothing"
    size = size or (record.size if record else spec.size)
    check_size(spec, *size)
    count = num_classes_of(model)
    plain = labels.names if labels else tuple(f"class {i}" for i in range(count))
    names = record.classes if record else plain
    things = tuple(names.index(thing) for thing in record.things) if record else spec.things
    known = things if record or count == spec.num_classes else ()
    return Predictor(
        run=lambda batch: reference_outputs(model, batch),
        size=size,
        align_corners=spec.align_corners,
        names=names,
        palette=record.palette if record else (labels and labels.palette) or generated_palette(count),
        note=note,
        rules=rules_for(known, panoptic, record.settings if record else None) if spec.task == "panoptic" else None,
    )


def _refuse_settings(panoptic: PanopticSettings | None, name: str, kind: str) -> None:
    if panoptic is not None and kind != "panoptic":
        asked = ", ".join(f"--{key.replace('_', '-')}" for key in panoptic.model_dump(exclude_none=True))
        raise RequestError(expected=f"{asked} with a panoptic model", found=f"{name}, {kind}", fix="leave it out")


def _refuse_classifier(name: str, task: str) -> None:
    if task == "classification":
        raise RequestError(expected="a segmentation model", found=f"{name}, a classifier", fix="choose another model")
