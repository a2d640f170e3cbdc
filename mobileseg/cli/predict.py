"""``predict``: pictures from an artifact, or from the reference model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mobileseg.cli.console import parse_size, results
from mobileseg.data.dataset import data_folder, image_folder
from mobileseg.data.images import find_images, read_image
from mobileseg.data.overlay import overlay, palette_png
from mobileseg.errors import ImageError, OutputError, RequestError
from mobileseg.export import open_artifact
from mobileseg.files import check_output, publish, staging
from mobileseg.models.registry import MODELS

MOST_PALETTE = 256


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
    from mobileseg.export.evaluation.predictor import from_artifact, from_reference

    if artifact in MODELS and not Path(artifact).exists():
        predictor = from_reference(MODELS[artifact], weights, parse_size(size))
    elif weights is not None or size is not None:
        raise RequestError(
            expected="--weights and --size with a model's name only", found=artifact, fix="an artifact has its own"
        )
    else:
        predictor = from_artifact(open_artifact(artifact, any_version=any_version))
    names, palette = predictor.legend
    if masks and len(names) > MOST_PALETTE:
        raise RequestError(
            expected=f"at most {MOST_PALETTE} classes for --masks",
            found=str(len(names)),
            fix="make overlays",
        )
    console = results()
    if predictor.note:
        console.print(f"WARNING {predictor.note}", markup=False, soft_wrap=True)
    if predictor.evaluated_by:
        console.print(f"evaluated by {predictor.evaluated_by}", markup=False, soft_wrap=True)
    folder.mkdir(exist_ok=True)
    for path, target in zip(paths, targets, strict=True):
        pixels = read_image(path)
        classes, instances = predictor(pixels)
        pictures = {
            target: palette_png(classes, palette) if masks else overlay(pixels, classes, names, palette, instances)
        }
        if masks and instances is not None:
            pictures[_instances_of(target)] = Image.fromarray(instances.astype(np.uint16))
        with staging(target) as temporary:
            for place, picture in pictures.items():
                picture.save(temporary / place.name)
            publish([(temporary / place.name, place) for place in pictures])
        for place in pictures:
            console.print(str(place), markup=False, soft_wrap=True)


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
            fix="choose another --output",
        )
    targets = [folder / f"{path.stem}{'_mask' if masks else '_overlay'}.png" for path in paths]
    twice = next((t for i, t in enumerate(targets) if t in targets[:i]), None)
    if twice is not None:
        raise ImageError(
            expected="images of different names",
            found=f"two that would become {twice.name}",
            fix="predict them separately",
        )
    if folder.is_dir():
        for target in (*targets, *(map(_instances_of, targets) if masks else ())):
            check_output(target, force)
    else:
        check_output(folder, force)
    return targets


def _instances_of(mask: Path) -> Path:
    """``street_mask.png`` -> ``street_instances.png``: 16-bit numbers, 0 for none."""
    return mask.with_name(mask.name.replace("_mask.", "_instances."))
