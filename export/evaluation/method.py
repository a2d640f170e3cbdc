"""How the reference model sees a picture, and what becomes of its outputs: as a file of one size, or as its authors evaluate it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from mobileseg.data.authors import check_possible, prepare
from mobileseg.data.fit import Fit, Placement, resize_words
from mobileseg.data.images import Pixels
from mobileseg.data.protocols import DEPLOY, Protocol, protocol_of
from mobileseg.document import Part
from mobileseg.export.evaluation.accuracy import Seen
from mobileseg.models.checks import check_size
from mobileseg.models.factory import num_classes_of, spec_of
from mobileseg.models.reference import reference_outputs
from mobileseg.models.spec import ModelSpec
from mobileseg.postprocess.class_map import Outputs, classes_of_output
from mobileseg.postprocess.panoptic import PanopticRules, panoptic_labels
from mobileseg.postprocess.sound import check_sound

Method = Fit | Protocol
AT_ONCE = 16  # classes: of a picture of 2000x3000, 384 MB


class ProtocolPart(Part):
    """How pictures are evaluated. ``name``: ``deploy``, or a row of ``mobileseg.data.protocols``; ``description``, ``source``: of it, in
    words. ``size``: height, width of the input, None where it follows from the picture."""

    name: str
    description: str
    source: str
    size: tuple[int, int] | None

    @classmethod
    def of(cls, method: Method) -> ProtocolPart:
        """The record of a method."""
        if isinstance(method, Fit):
            text = f"pictures {resize_words(method.mode)}, bilinear with antialiasing, not rounded; classes at the labels' size"
            return cls(name=DEPLOY, description=text, source="mobileseg", size=method.size)
        return cls(name=method.name, description=method.title, source=method.source, size=method.size)


def authors_method(asked: str, spec: ModelSpec, names: Sequence[str]) -> Protocol | None:
    """``protocol_of``, where it can be done here and the model takes its size. Raises ``MissingExtraError``, ``SizeError``."""
    found = protocol_of(asked, spec.name, spec.family, spec.task, names)
    if found is not None:
        check_possible(found)
        if found.size is not None:
            check_size(spec, *found.size)
    return found


def seen_by(method: Method) -> Seen:
    """Gives the part of the labels of a picture that the network's input shows."""
    return method.seen if isinstance(method, Fit) else lambda label: label


@dataclass(frozen=True)
class Answer:
    """The reference model's ``outputs`` for one picture. ``place``: where that is in the input. ``digest``: of the input's pixels."""

    outputs: Outputs
    place: Placement
    digest: str
    aligned: bool
    authors: Protocol | None

    @property
    def classes(self) -> NDArray[np.int32]:
        """The class map, at the size of what the input shows of the picture. For a classifier the class, ``(1,)``."""
        first, size = self.outputs[0], self.place.seen.size
        if self.authors is None or self.authors.scale is None or first.ndim != 4:
            return classes_of_output(first, *size, self.aligned, self.place)
        return _resized_twice(
            torch.from_numpy(first.astype(np.float32, copy=False)), self.place.size, size, self.aligned
        )

    def instances(self, rules: PanopticRules) -> NDArray[np.int32]:
        """The panoptic labels at the same size. With a padded picture segments are merged as they are in the padded one."""
        if self.authors is None or self.authors.pad is None:
            return panoptic_labels(self.outputs, self.place.seen.size, rules, self.place)
        return self.place.filled.of(panoptic_labels(self.outputs, self.place.size, rules))


def _resized_twice(
    logits: Tensor, first: tuple[int, int], second: tuple[int, int], align_corners: bool
) -> NDArray[np.int32]:
    """The class map of logits ``(1, C, h, w)`` as the authors' code has it: resized to the input, and from there to the labels, which is
    not the same as at once. With their own function, because rounding decides between equal classes; a few classes at a time, which
    decides nothing."""
    best = torch.full(second, -torch.inf)
    classes = torch.zeros(second, dtype=torch.int32)
    for start in range(0, logits.shape[1], AT_ONCE):
        part = logits[:, start : start + AT_ONCE]
        for size in (first, second):
            part = interpolate(part, size, mode="bilinear", align_corners=align_corners)
        value, number = part[0].max(0)
        better = value > best
        best = torch.where(better, value, best)
        classes = torch.where(better, (number + start).to(torch.int32), classes)
    found: NDArray[np.int32] = classes.numpy()
    return found


def answer(model: nn.Module, method: Method, pixels: Pixels, name: str = "this image") -> Answer:
    """Run the reference model on a picture ``(H, W, 3)`` uint8 RGB. ``name``: of it, for messages. Raises ``ImageError`` for one that the
    protocol does not take, ``UnsoundOutputError`` where an output is no number."""
    spec = spec_of(model)
    if isinstance(method, Fit):
        batch, place = method.batch(pixels), method.place((pixels.shape[0], pixels.shape[1]))
    else:
        batch, place = prepare(pixels, method, spec.mean, name)
    outputs = reference_outputs(model, batch)
    check_sound(outputs, (), num_classes_of(model), "the reference model", name)
    digest = hashlib.sha256(batch.tobytes()).hexdigest()
    return Answer(outputs, place, digest, spec.align_corners, None if isinstance(method, Fit) else method)
