"""``predict``: pictures from an artifact, or from the float original."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mobileseg.classmap import Outputs, classes_of_output
from mobileseg.cli.console import parse_size, results
from mobileseg.data.classes import Color, generated_palette
from mobileseg.data.dataset import data_folder, image_folder
from mobileseg.data.images import Pixels, find_images, read_image, to_batch
from mobileseg.data.overlay import overlay, palette_png
from mobileseg.errors import ImageError, OutputError, RequestError
from mobileseg.export import open_artifact
from mobileseg.files import check_output, staging
from mobileseg.models.registry import MODELS
from mobileseg.models.spec import ModelSpec

if TYPE_CHECKING:
    from mobileseg.data.images import Batch

MOST_PALETTE = 256


@dataclass(frozen=True)
class Predictor:
    """Something that turns pixels into logits or a mask, with names and colours."""

    run: Callable[[Batch], Outputs]
    size: tuple[int, int]
    align_corners: bool
    names: tuple[str, ...]
    palette: tuple[Color, ...]
    note: str | None

    def class_map(self, pixels: Pixels) -> NDArray[np.int32]:
        """Class numbers of a picture ``(H, W, 3)``, at its own size."""
        outputs = self.run(to_batch(pixels, *self.size))
        return classes_of_output(outputs[0], pixels.shape[0], pixels.shape[1], self.align_corners)


def run(
    artifact: str,
    images: list[str],
    output: str,
    masks: bool,
    weights: str | None,
    size: str | None,
    force: bool,
    any_version: bool,
) -> None:
    """Predict and save one picture an image."""
    paths = _collect(images)
    folder = Path(output)
    targets = _targets(paths, folder, masks, force)
    if artifact in MODELS and not Path(artifact).exists():
        predictor = _original(MODELS[artifact], weights, parse_size(size))
    elif weights is not None or size is not None:
        raise RequestError(
            expected="--weights and --size with a model's name only", found=artifact, todo="an artifact has its own"
        )
    else:
        predictor = _from_artifact(artifact, any_version)
    if masks and len(predictor.names) > MOST_PALETTE:
        raise RequestError(
            expected=f"at most {MOST_PALETTE} classes for --masks",
            found=str(len(predictor.names)),
            todo="make overlays",
        )
    console = results()
    if predictor.note:
        console.print(f"WARNING {predictor.note}", markup=False, soft_wrap=True)
    folder.mkdir(exist_ok=True)
    for path, target in zip(paths, targets, strict=True):
        pixels = read_image(path)
        class_map = predictor.class_map(pixels)
        picture = (
            palette_png(class_map, predictor.palette)
            if masks
            else overlay(pixels, class_map, predictor.names, predictor.palette)
        )
        with staging(target) as temporary:
            picture.save(temporary / target.name)
            (temporary / target.name).replace(target)
        console.print(str(target), markup=False, soft_wrap=True)


def _collect(images: list[str]) -> list[Path]:
    """Every image named or in a folder named, all decoded once before anything slow."""
    paths: list[Path] = []
    for name in images:
        place = data_folder(name)
        paths += find_images(image_folder(place)) if place.is_dir() else [place]
    for path in paths:
        read_image(path)
    return paths


def _targets(paths: list[Path], folder: Path, masks: bool, force: bool) -> list[Path]:
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise OutputError(
            expected="a folder, or a name for a new one in an existing folder",
            found=str(folder),
            todo="choose another --output",
        )
    targets = [folder / f"{path.stem}{'_mask' if masks else '_overlay'}.png" for path in paths]
    twice = next((t for i, t in enumerate(targets) if t in targets[:i]), None)
    if twice is not None:
        raise ImageError(
            expected="images of different names",
            found=f"two that would become {twice.name}",
            todo="predict them separately",
        )
    if folder.is_dir():
        for target in targets:
            check_output(target, force)
    else:
        check_output(folder, force)
    return targets


def _from_artifact(name: str, any_version: bool) -> Predictor:
    artifact = open_artifact(name, any_version=any_version)
    _refuse_classifier(artifact.manifest.model.name, artifact.manifest.model.task)
    return Predictor(
        run=artifact.load().run,
        size=artifact.size,
        align_corners=artifact.manifest.output.align_corners,
        names=artifact.class_names,
        palette=artifact.palette,
        note=artifact.manifest.weights.note,
    )


def _original(spec: ModelSpec, weights: str | None, size: tuple[int, int] | None) -> Predictor:
    from mobileseg.models.checks import check_size
    from mobileseg.models.factory import build
    from mobileseg.models.reference import original_outputs
    from mobileseg.weights.importer import model_from_weights
    from mobileseg.weights.resolve import RANDOM, default_weights, resolve

    _refuse_classifier(spec.name, spec.task)
    if weights == RANDOM:
        record, model = None, build(spec, spec.num_classes)
        note: str | None = "RANDOM WEIGHTS: the picture means nothing"
    else:
        source = resolve(weights or default_weights(spec), spec)
        model, report = model_from_weights(spec, source)
        record, note = source.record, None if report.head_trained else "UNTRAINED HEAD: the picture means nothing"
    size = size or (record.size if record else spec.size)
    check_size(spec, *size)
    count = int(model.mobileseg_classes)  # type: ignore[arg-type]  # a plain int attribute of models made here
    names = record.classes if record else tuple(f"class {i}" for i in range(count))
    palette = record.palette if record else generated_palette(count)
    return Predictor(lambda batch: original_outputs(model, batch), size, spec.align_corners, names, palette, note)


def _refuse_classifier(name: str, task: str) -> None:
    if task == "classification":
        raise RequestError(
            expected="a segmentation model", found=f"{name}, a classifier", todo="choose one without -cls"
        )
