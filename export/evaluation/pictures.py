"""One picture per image: an overlay of the classes, or their numbers as a palette PNG."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.classes import Color
from mobileseg.data.dataset import data_folder, image_folder
from mobileseg.data.images import Pixels, find_images, read_image
from mobileseg.data.overlay import overlay, palette_png
from mobileseg.errors import ImageError, OutputError, RequestError
from mobileseg.export.evaluation.predictor import Prediction, Predictor
from mobileseg.files import check_output, publish, staging
from mobileseg.progress import track

MOST_PALETTE = 256


@dataclass(frozen=True)
class Predicted:
    """One image. ``classes``, ``instances``: ``(H, W)`` int32 at the image's own size, see ``Prediction``; None where pictures were
    written. ``shares``: class name to its share of the pixels, 0..1, for the classes that occur; of a classifier the most likely classes,
    the likeliest first, with their probabilities. ``files``: what was written."""

    image: Path
    shares: dict[str, float]
    classes: NDArray[np.int32] | None
    instances: NDArray[np.int32] | None
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Predictions:
    """``names``, ``palette``: of all class numbers that may occur, in RGB. ``classifier``: shares are probabilities of whole images.
    ``note``: what the weights' record warns of. ``evaluated_by``: what stands in for the file's own runtime, None where nothing does."""

    images: tuple[Predicted, ...]
    names: tuple[str, ...]
    palette: tuple[Color, ...]
    note: str | None
    evaluated_by: str | None
    classifier: bool = False

    def to_json(self) -> str:
        """Indented JSON with a final newline: per image the files written and the shares of the classes, or the probabilities of a
        classifier's most likely ones."""
        kind = "probabilities" if self.classifier else "shares"
        content: dict[str, Any] = {
            "note": self.note,
            "evaluated_by": self.evaluated_by,
            "classes": self.names,
            "images": [
                {"image": one.image.name, "files": [str(file) for file in one.files], kind: one.shares}
                for one in self.images
            ],
        }
        return json.dumps(content, indent=1) + "\n"


@dataclass(frozen=True)
class Job:
    """Checked paths: every image decodes, every picture can be written. ``targets``: a picture for each of ``paths``; empty where
    none is wanted."""

    paths: tuple[Path, ...]
    folder: Path | None
    targets: tuple[Path, ...]
    masks: bool

    @classmethod
    def of(cls, images: Sequence[str | Path], output: str | Path | None, masks: bool, force: bool) -> Job:
        """Raises ``ImageError``, ``OutputError``."""
        paths = _collect(images)
        if output is None:
            if masks:
                raise RequestError(expected="masks with an output folder", found="no output", fix="name a folder")
            return cls(paths, None, (), masks)
        folder = Path(output)
        return cls(paths, folder, _targets(paths, folder, masks, force), masks)

    def run(self, predictor: Predictor) -> Predictions:
        """Predict, and write what is wanted. Raises ``RequestError`` for more classes than a palette holds, and for pictures of a
        classifier."""
        if predictor.classifier:
            return self._ranked(predictor)
        names, palette = predictor.legend
        if self.masks and len(names) > MOST_PALETTE:
            raise RequestError(
                expected=f"at most {MOST_PALETTE} classes for --masks", found=str(len(names)), fix="make overlays"
            )
        found = []
        for number, path in enumerate(track(self.paths, "predict", "images")):
            pixels = read_image(path)
            prediction = predictor(pixels, path.name)
            files: tuple[Path, ...] = ()
            if self.folder is not None:
                files = self._write(self.targets[number], pixels, prediction, names, palette)
            found.append(
                Predicted(
                    image=path,
                    shares=shares(prediction.classes, names),
                    classes=None if files else prediction.classes,
                    instances=None if files else prediction.instances,
                    files=files,
                )
            )
        return Predictions(tuple(found), names, palette, predictor.note, predictor.evaluated_by)

    def _ranked(self, predictor: Predictor) -> Predictions:
        if self.folder is not None:
            raise RequestError(
                expected="an output folder for a segmentation model",
                found="a classifier, which names what is in a whole picture and draws none",
                fix="leave --output and --masks out",
            )
        found = [
            Predicted(path, dict(predictor.rank(read_image(path), path.name)), None, None, ())
            for path in track(self.paths, "predict", "images")
        ]
        note, evaluated_by = predictor.note, predictor.evaluated_by
        return Predictions(tuple(found), predictor.names, predictor.palette, note, evaluated_by, classifier=True)

    def _write(
        self, target: Path, pixels: Pixels, found: Prediction, names: tuple[str, ...], palette: tuple[Color, ...]
    ) -> tuple[Path, ...]:
        classes, instances = found
        drawn = palette_png(classes, palette) if self.masks else overlay(pixels, classes, names, palette, instances)
        pictures = {target: drawn}
        if self.masks and instances is not None:
            pictures[_instances_of(target)] = Image.fromarray(instances.astype(np.uint16))
        target.parent.mkdir(exist_ok=True)  # not before: where nothing comes out, nothing is left
        with staging(target) as temporary:
            for place, picture in pictures.items():
                picture.save(temporary / place.name)
            publish([(temporary / place.name, place) for place in pictures])
        return tuple(pictures)


def shares(classes: NDArray[np.int32], names: Sequence[str]) -> dict[str, float]:
    """The share of the pixels of each class that occurs in a class map ``(H, W)``, in 0..1."""
    numbers, counts = np.unique(classes, return_counts=True)
    return {names[int(number)]: float(count) / classes.size for number, count in zip(numbers, counts, strict=True)}


def _collect(images: Sequence[str | Path]) -> tuple[Path, ...]:
    """Every image named or in a folder named, all decoded once before anything slow."""
    paths: list[Path] = []
    for name in images:
        place = data_folder(str(name))
        paths += find_images(image_folder(place)) if place.is_dir() else [place]
    for path in paths:
        read_image(path)
    return tuple(paths)


def _targets(paths: Sequence[Path], folder: Path, masks: bool, force: bool) -> tuple[Path, ...]:
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        raise OutputError(
            expected="a folder, or a name for a new one in an existing folder",
            found=str(folder),
            fix="choose another --output",
        )
    targets = tuple(folder / f"{path.stem}{'_mask' if masks else '_overlay'}.png" for path in paths)
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
        check_output(folder, force, folder_wanted=True)
    return targets


def _instances_of(mask: Path) -> Path:
    """``street_mask.png`` -> ``street_instances.png``: 16-bit numbers, 0 for none."""
    return mask.with_name(mask.name.replace("_mask.", "_instances."))
