"""Reference model, deploy model and file on the same pixels, and how far the latter two are from the first."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray

from mobileseg.data.fit import Placement
from mobileseg.data.images import Batch, read_image
from mobileseg.data.opening import ImageSource
from mobileseg.document import Decibel, Part
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.accuracy import Ratio
from mobileseg.export.evaluation.reference import reference_of
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.factory import deploy
from mobileseg.models.reference import reference_outputs, run_module
from mobileseg.postprocess.class_map import Outputs
from mobileseg.postprocess.sound import check_sound


class Logits(Part):
    """Differences from the reference model's logits, in their own units; None where a file gives no logits."""

    max_error: float | None
    mean_error: float | None
    sqnr_db: Decibel | None
    agreement: float  # share of the pixels with the same class
    band_agreement: Ratio  # the same within 3 pixels of a boundary between classes


Run = tuple[Outputs, NDArray[np.int32]]
REFERENCE = "the reference model"


class SideBySide:
    """Runs the three, and accumulates the differences of deploy model (``rewrite``) and ``file`` from the reference model.

    ``digests``: of the pixels of each image that was run; equal ones are copies of one image. Raises ``ArtifactError``, and
    ``UnknownOperationError`` where the file cannot be run here.
    """

    def __init__(self, artifact: Artifact, weights: str | None) -> None:
        self.artifact, self.fit = artifact, artifact.fit
        self.runtime = artifact.load()  # first: where the file cannot be run, loading the weights would be wasted
        self.reference = reference_of(artifact.manifest, weights, artifact.path.parent, artifact.named_model)
        self.deployed = deploy(self.reference, *artifact.size, emit=artifact.manifest.output.kind)
        classes = artifact.manifest.model.num_classes
        self.file, self.rewrite = Agreement(classes), Agreement(classes)
        self.digests: list[str] = []

    def run(self, path: ImageSource, size: tuple[int, int] | None) -> tuple[Run, Run]:
        """Outputs and class map of reference model and file, the latter of what the input shows of the picture, at ``size`` (height,
        width), or, for None, in pixels of the input. Where the file gives a mask, the reference model's classes are taken at the mask's
        size, too, so that both are enlarged alike. Raises ``ImageError``, and ``UnsoundOutputError`` where an output is no number."""
        pixels = read_image(path)
        batch, place = self.fit.batch(pixels), self.fit.place((pixels.shape[0], pixels.shape[1]))
        size = size or place.filled.size
        self.digests.append(hashlib.sha256(batch.tobytes()).hexdigest())
        reference = self._sound(reference_outputs(self.reference, batch), REFERENCE, path.name)
        deployed = self._sound(run_module(self.deployed, torch.from_numpy(batch)), "its deploy model", path.name)
        file = self._sound(self.runtime.run(batch), self.artifact.path.name, path.name)
        mask = self.artifact.manifest.output.kind == "mask"
        maps = (
            self._reference_map(reference, size, place),
            *(self.artifact.class_map(out[0], *size, place) for out in (deployed, file)),
        )
        for agreement, out, found in ((self.rewrite, deployed, maps[1]), (self.file, file, maps[2])):
            if not mask:
                agreement.add_logits(reference[0].astype(np.float32), out[0].astype(np.float32))
            agreement.add_classes(maps[0], found)
        return (reference, maps[0]), (file, maps[2])

    def maps(
        self, batch: Batch, size: tuple[int, int], place: Placement | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Class maps of reference model and file as ``run`` gives them, at ``size``; nothing is accumulated. ``place``: of a picture in
        the batch; None where it is all of it."""
        reference = self._sound(reference_outputs(self.reference, batch), REFERENCE, "a picture")
        file = self._sound(self.runtime.run(batch), self.artifact.path.name, "a picture")
        return self._reference_map(reference, size, place), self.artifact.class_map(file[0], *size, place)

    def _sound(self, outputs: Outputs, who: str, where: str) -> Outputs:
        check_sound(outputs, self.deployed.output_names, self.artifact.manifest.model.num_classes, who, where)
        return outputs

    def _reference_map(self, outputs: Outputs, size: tuple[int, int], place: Placement | None) -> NDArray[np.int32]:
        if self.artifact.manifest.output.kind != "mask":
            return self.artifact.class_map(outputs[0], *size, place)
        mask = self.artifact.class_map(outputs[0], *self.artifact.size)
        return self.artifact.class_map(mask[None], *size, place)


def logits_of(agreement: Agreement) -> Logits:
    """What the JSON has of it."""
    return Logits(
        max_error=agreement.max_error,
        mean_error=agreement.mean_error,
        sqnr_db=agreement.sqnr_db,
        agreement=agreement.argmax,
        band_agreement=agreement.band,
    )
