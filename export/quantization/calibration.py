"""The images of an export: those from which the int8 ranges are computed, and others on which the file is verified. Distinct, in a fixed
order, and checked before any slow work."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mobileseg.data.dataset import data_folder, data_name, image_folder, samples_folder
from mobileseg.data.division import BUNDLED, FEWEST, MOST, OWN, divide
from mobileseg.data.fit import Fit
from mobileseg.data.images import Batch, evenly, find_images, read_image
from mobileseg.data.split import VERIFICATION
from mobileseg.errors import DatasetError
from mobileseg.export.manifest import CalibrationPart

MOST_VERIFIED = 32  # four models run on each of them
SAMPLES = "bundled street samples"


@dataclass(frozen=True)
class ImageSet:
    """Distinct images, each decoded once. ``source``: what records call them. ``digests``: of their pixels. ``bundled``: whether they are
    the package's. ``folder``: where they are on this machine, which no record says."""

    source: str
    paths: tuple[Path, ...]
    digests: tuple[str, ...]
    bundled: bool
    folder: Path | None = None

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def sha256(self) -> str:
        """Digest over all their pixels."""
        return hashlib.sha256("".join(self.digests).encode()).hexdigest()

    def batches(self, fit: Fit) -> list[Batch]:
        """Every image as the ``(1, 3, H, W)`` float32 that an artifact takes."""
        return [fit.read(path) for path in self.paths]

    def part(self) -> CalibrationPart:
        """The manifest's record of these images."""
        return CalibrationPart(source=self.source, images=len(self), sha256=self.sha256, bundled=self.bundled)

    def chosen(self, places: Iterable[int], source: str | None = None) -> ImageSet:
        """The images at ``places``."""
        paths, digests = zip(*((self.paths[i], self.digests[i]) for i in places), strict=True)
        return replace(self, source=source or self.source, paths=paths, digests=digests)


def read_whole(folder: Path, most: int = MOST) -> ImageSet:
    """At most ``most`` of the images of ``folder`` (or of its ``images/``), evenly chosen, without copies. Raises ``ImageError``."""
    paths = find_images(image_folder(folder))
    return _set(folder, _distinct(paths[i] for i in evenly(len(paths), most)))


def read_calibration(folder: Path | None, whole: bool = False) -> ImageSet:
    """The images that set the ranges, of ``folder`` or, for None, of the bundled set. ``whole``: all of ``folder``, because the file is
    verified on others. Raises ``DatasetError`` for fewer than ``FEWEST`` distinct ones, and ``ImageError``."""
    return _enough(read_whole(folder) if whole and folder is not None else _divided(folder)[0])


def read_images(
    calibration: Path | None, verification: str | Path | None, calibrated: bool
) -> tuple[ImageSet | None, ImageSet]:
    """The images that set the ranges (None unless ``calibrated``), and those that the file is verified on: never the same ones.

    ``verification``: a folder, or ``samples``; of its images those that do not calibrate. Without it the images of ``calibration`` are
    divided, and, where that leaves none, or for None, it is bundled ones. Raises as ``read_calibration``, and ``DatasetError`` where
    ``verification`` has no other images.
    """
    place = None if verification is None else data_folder(str(verification))
    if not calibrated:
        folder = place or calibration
        return None, read_whole(folder, MOST_VERIFIED) if folder else _few(_divided(None)[1])
    if place is None:
        first, others = _divided(calibration)
        first = _enough(first)
        return first, _few(others) if others else _unseen(samples_folder(), first.digests)
    seen = read_calibration(calibration, whole=True)
    return seen, _unseen(place, seen.digests)


def _divided(folder: Path | None) -> tuple[ImageSet, ImageSet | None]:
    """The calibration images, and the others, None where there are none."""
    rule = BUNDLED if folder is None else OWN
    place, name = folder or samples_folder(), SAMPLES if folder is None else data_name(folder)
    every = replace(
        read_whole(place, most=round(MOST / rule.share)), source=name, bundled=folder is None, folder=folder
    )
    first, others = divide(len(every), rule)
    return every.chosen(first), every.chosen(others, f"{name}, {VERIFICATION} split") if others else None


def _unseen(folder: Path, seen: Collection[str]) -> ImageSet:
    """At most ``MOST_VERIFIED`` images of ``folder`` that have other pixels than those ``seen``, the evenly spaced ones first."""
    paths = find_images(image_folder(folder))
    order = dict.fromkeys([*evenly(len(paths), MOST_VERIFIED), *range(len(paths))])
    found: dict[str, Path] = {}
    for digest, path in _pixels(paths[i] for i in order):
        if len(found) == MOST_VERIFIED:
            break
        if digest not in seen:
            found.setdefault(digest, path)
    if not found:
        raise DatasetError(
            expected="images in --verify-data that the ranges were not computed from",
            found=f"none in {folder}: all {len(paths)} are calibration images, too",
            fix="give others, or omit --verify-data to have the calibration folder divided",
        )
    return _set(folder, dict(sorted(found.items(), key=lambda pair: pair[1])))


def _few(images: ImageSet | None) -> ImageSet:
    assert images is not None
    return images.chosen(evenly(len(images), MOST_VERIFIED))


def _enough(images: ImageSet) -> ImageSet:
    if len(images) < FEWEST:
        raise DatasetError(
            expected=f"at least {FEWEST} distinct calibration images",
            found=f"{len(images)} in {images.source}",
            fix="add images like those the camera will take, or omit --calibration to use the bundled street images",
        )
    return images


def _set(folder: Path, found: dict[str, Path]) -> ImageSet:
    bundled = folder == samples_folder()
    source = SAMPLES if bundled else data_name(folder)
    return ImageSet(source, tuple(found.values()), tuple(found), bundled, None if bundled else folder)


def _distinct(paths: Iterable[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for digest, path in _pixels(paths):
        found.setdefault(digest, path)
    return found


def _pixels(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """The digest of each image's pixels, decoded when it is asked for."""
    for path in paths:
        pixels = read_image(path)
        yield hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest(), path
