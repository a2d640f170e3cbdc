"""Calibration images, from which the int8 ranges are computed: distinct, in a fixed order, and checked before any slow work."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mobileseg.data.dataset import data_name, image_folder, samples_folder
from mobileseg.data.images import Batch, Pixels, evenly, find_images, read_image, to_batch
from mobileseg.errors import DatasetError
from mobileseg.export.manifest import CalibrationPart

FEWEST = 8
MOST = 128  # more images change the ranges little and take minutes: larger folders are sampled evenly


@dataclass(frozen=True)
class ImageSet:
    """Distinct images at their original sizes. ``source``: what records call them. ``sha256``: digest over all their pixels. ``bundled``:
    whether they are the package's street images."""

    source: str
    images: tuple[Pixels, ...]
    sha256: str
    bundled: bool
    folder: Path | None = None  # where they are on this machine, which no record says

    def batches(self, height: int, width: int) -> list[Batch]:
        """Every image as the ``(1, 3, height, width)`` float32 that an artifact takes."""
        return [to_batch(image, height, width) for image in self.images]

    def part(self) -> CalibrationPart:
        """The manifest's record of these images."""
        return CalibrationPart(source=self.source, images=len(self.images), sha256=self.sha256, bundled=self.bundled)


def read_image_set(folder: Path | None) -> ImageSet:
    """The images of ``folder`` (or of its ``images/``) without duplicates; the bundled set for None.

    Every image is decoded, so that a damaged one is found; of more than ``MOST`` images an even selection is kept. Raises
    ``ImageError``.
    """
    paths = find_images(image_folder(folder or samples_folder()))
    chosen = {paths[i] for i in evenly(len(paths), MOST)}
    images: dict[str, Pixels] = {}
    for path in paths:
        pixels = read_image(path)
        if path in chosen:
            images.setdefault(hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest(), pixels)
    source = "bundled street samples" if folder is None else data_name(folder)
    digest = hashlib.sha256("".join(images).encode()).hexdigest()
    return ImageSet(source, tuple(images.values()), digest, folder is None, folder)


def read_calibration(folder: Path | None) -> ImageSet:
    """``read_image_set`` for calibration. Raises ``DatasetError`` for fewer than ``FEWEST`` distinct images, and ``ImageError``."""
    images = read_image_set(folder)
    if len(images.images) < FEWEST:
        raise DatasetError(
            expected=f"at least {FEWEST} distinct calibration images",
            found=f"{len(images.images)} in {images.source}",
            fix="add images like those the camera will take, or omit --calibration to use the bundled street images",
        )
    return images
