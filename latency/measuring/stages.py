"""Preprocessing and postprocessing on the host, timed separately because neither is part of the file."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mobileseg.data.images import Pixels
from mobileseg.errors import ArtifactError
from mobileseg.export.artifact import Artifact
from mobileseg.latency.results.result import Stage
from mobileseg.postprocess.class_map import Outputs, classes_of_output
from mobileseg.postprocess.panoptic import panoptic_labels

RUNS = 10


def _stage(description: str, action: Callable[[], object]) -> Stage:
    action()
    samples = []
    for _ in range(RUNS):
        begin = time.perf_counter_ns()
        action()
        samples.append((time.perf_counter_ns() - begin) / 1e6)
    return Stage(description=description, samples_ms=tuple(samples), median_ms=statistics.median(samples))


def preprocess(artifact: Artifact, pixels: Pixels) -> Stage:
    """Time the resize of ``pixels`` ``(H, W, 3)`` uint8 to the file's input. Normalisation is inside the file."""
    (height, width), size, fit = artifact.size, pixels.shape[:2], artifact.fit
    how = {"squash": "resized", "letterbox": "letterboxed", "crop": "cropped"}[fit.mode]
    what = f"{size[0]}x{size[1]} uint8 {how} to {height}x{width} float32; normalisation is in the file"
    return _stage(what, lambda: fit.batch(pixels))


def postprocess(artifact: Artifact, outputs: Outputs) -> Stage | None:
    """Time the way from the file's outputs to the class map or panoptic map at the input size; None for masks, which need none."""
    kind, size, rules = artifact.manifest.output.kind, artifact.size, None
    if kind == "mask":
        return None
    if kind == "panoptic" and artifact.manifest.output.things is not None:
        rules = artifact.rules()
    if rules is not None:
        return _stage(f"panoptic map at {size[0]}x{size[1]}", lambda: panoptic_labels(outputs, size, rules))
    corners = artifact.manifest.output.align_corners
    return _stage(
        f"bilinear and argmax to {size[0]}x{size[1]}",
        lambda: classes_of_output(outputs[0], *size, align_corners=corners),
    )


def read_outputs(artifact: Artifact, folder: Path) -> Outputs:
    """The outputs that a runner wrote to ``folder`` as ``0.<number>.bin``, in the shapes and dtypes of the manifest.

    Raises ``ArtifactError`` if a file's size does not match its shape.
    """
    output = artifact.manifest.output
    outputs = []
    parts = [(part.shape, part.dtype) for part in output.tensors] or [(output.shape, output.dtype)]
    for number, (shape, dtype) in enumerate(parts):
        values = np.fromfile(folder / f"0.{number}.bin", dtype=np.dtype(dtype).newbyteorder("<"))
        if values.size != math.prod(shape):
            raise ArtifactError(
                expected=f"output {number} of {artifact.path.name} with the manifest's shape {shape}",
                found=f"{values.size} values",
                fix="export it again",
            )
        outputs.append(values.reshape(shape))
    return tuple(outputs)
