"""The error of an int8 file layer by layer, measured in the quantized graph that it was lowered from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from mobileseg.data.images import evenly
from mobileseg.data.opening import ImageSource
from mobileseg.errors import ArtifactError, DatasetError, ImageError, RequestError
from mobileseg.export.analysis.diagnosis import PROBES, layer_evaluator
from mobileseg.export.analysis.probe import LayerEvaluator, Probe
from mobileseg.export.analysis.sensitivity import Progress, layer_costs
from mobileseg.export.artifact import Artifact
from mobileseg.export.evaluation.layer_report import LayerReport
from mobileseg.export.evaluation.reference import reference_of
from mobileseg.export.manifest import CalibrationPart
from mobileseg.export.quantization.calibration import ImageSet, read_calibration
from mobileseg.export.quantization.recipes import DEFAULT, RECIPES
from mobileseg.export.targets import CALIBRATED
from mobileseg.metrics.agreement import Agreement
from mobileseg.models.reference import run_module
from mobileseg.provenance import public_name
from mobileseg.weights.known import recall


def layer_report(
    artifact: Artifact,
    images: Sequence[ImageSource],
    weights: str | None = None,
    calibration: Path | None = None,
    progress: Progress = lambda stage: None,
) -> LayerReport:
    """Measure what each layer of an int8 file costs, on at most ``PROBES`` of ``images``, evenly chosen.

    ``weights``, ``calibration``: where they are; without them they are looked for. ``progress`` is called with the current stage in
    words. Raises ``RequestError`` for a file that is not static int8 or gives class maps, ``ArtifactError`` where the weights or
    calibration images are missing or not those of the manifest.
    """
    manifest = artifact.manifest
    recipe = RECIPES.get(manifest.precision.recipe or DEFAULT)
    if manifest.precision.name not in CALIBRATED or manifest.output.kind == "mask" or recipe is None:
        raise RequestError(
            expected=f"a file of precision {', '.join(CALIBRATED)} that gives logits",
            found=f"{manifest.precision.name}, {manifest.output.kind}, recipe {manifest.precision.recipe or DEFAULT}",
            fix="omit --layers",
        )
    seen = _calibration(artifact, calibration)
    progress(f"calibrate on {len(seen)} images ({seen.source})")
    chosen = [images[i] for i in evenly(len(images), PROBES)]
    probes = [Probe(artifact.fit.read(path)) for path in chosen]
    asked = manifest.precision.requested
    kept = tuple(layer.layer for layer in asked.layers) if asked else ()
    model = reference_of(manifest, weights, artifact.path.parent, artifact.named_model)
    evaluator = layer_evaluator(model, artifact.fit, seen, probes, manifest.output.kind, recipe, kept)
    graph = evaluator.int8_except(kept)
    fidelity = _fidelity(artifact, evaluator)
    costs = layer_costs(evaluator, kept)
    return LayerReport(images=len(probes), graph=graph, file_with_graph_db=fidelity, layers=tuple(costs))


def _fidelity(artifact: Artifact, evaluator: LayerEvaluator) -> float:
    """SQNR in dB of the file's first output against that of the graph with its current choice of layers."""
    found = Agreement(evaluator.deployed.num_classes)
    for probe in evaluator.probes:
        wanted = run_module(evaluator.graph.module, torch.from_numpy(probe.batch))[0]
        found.add_logits(wanted.astype("float32"), artifact.runtime.run(probe.batch)[0].astype("float32"))
    assert found.sqnr_db is not None
    return found.sqnr_db


def _calibration(artifact: Artifact, folder: Path | None) -> ImageSet:
    """The images that fixed the file's ranges, and no others. Raises ``ArtifactError``."""
    part = artifact.manifest.calibration
    assert part is not None
    others = []
    for place in [folder] if folder is not None else _places(part, artifact.path.parent):
        if place is not None and not place.is_dir():
            continue
        try:
            found = [read_calibration(place, whole) for whole in (False, True)]
        except (DatasetError, ImageError):
            if folder is not None:
                raise
            continue  # another folder of that name
        for images in found:
            if images.sha256 == part.sha256:
                return images
        others.append(f"others in {place or found[0].source}")
    name = public_name(part.source)
    raise ArtifactError(
        expected=f"the {part.images} calibration images {name} of {artifact.path.name} (sha256 {part.sha256})",
        found="; ".join(others)
        or f"no folder {folder or f'{name} beside the artifact, in the working folder or where it was exported'}",
        fix=f"give --calibration with the path of {name}, as it was when the file was exported",
    )


def _places(part: CalibrationPart, beside: Path) -> list[Path | None]:
    """The folders that may hold the images, the likeliest first. Manifests of older versions hold the whole path."""
    if part.bundled:
        return [None]
    name = public_name(part.source)
    known = recall(part.sha256)
    return [Path(part.source), beside / name, Path(name), *([known] if known else [])]
