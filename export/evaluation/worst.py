"""The images on which a file differs most from its reference model: collected during a comparison, drawn at its end."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.classes import Color, colorize
from mobileseg.data.fit import Fit
from mobileseg.data.images import Pixels, read_image, to_batch
from mobileseg.data.opening import ImageSource
from mobileseg.document import Part
from mobileseg.export.evaluation.accuracy import Ratio
from mobileseg.files import sha256
from mobileseg.metrics.confusion import class_counts, class_scores

LARGEST_SIDE = 480  # pixels of a picture: five fit side by side
SOURCE = "SOURCE.txt"  # a data set's own note on its origin and licence
FADED = 0.35  # of the image's brightness where the two agree
Kind = Literal["input", "label", "float", "artifact", "difference"]

# Where the two differ: which of them has the label's class. Blue and orange are distinguishable with any colour vision.
ARTIFACT_RIGHT, FLOAT_RIGHT, BOTH_WRONG, NO_LABEL = (86, 180, 233), (230, 97, 0), (240, 228, 66), (204, 121, 167)
VOID = (0, 0, 0)


class Picture(Part):
    """A PNG in the folder of the worst images."""

    kind: Kind
    file: str
    sha256: str


class WorstImage(Part):
    """One image, all figures in 0..1. ``agreement``: share of the pixels in which file and reference model give the same class. The
    mIoUs are those of this image alone, None without labels."""

    image: str
    agreement: float
    float_miou: Ratio | None
    artifact_miou: Ratio | None
    pictures: tuple[Picture, ...]


class Worst(Part):
    """``folder``: name of the folder of pictures beside the comparison's JSON. ``source_record``: text of the data set's SOURCE.txt,
    None where it has none. ``images``: least agreement first."""

    folder: str
    source_record: str | None
    images: tuple[WorstImage, ...]


@dataclass(order=True)
class _Seen:
    badness: tuple[float, int]  # of two that are equal the earlier is kept
    path: ImageSource = field(compare=False)
    maps: tuple[NDArray[np.int32], NDArray[np.int32]] = field(compare=False)
    label: NDArray[np.int64] | None = field(compare=False)


class WorstImages:
    """Collects the ``count`` images with the least agreement, with their class maps. ``ignore``: label value of ignored pixels.
    ``fit``: how images become the input; what it does not show is not drawn."""

    def __init__(self, count: int, palette: tuple[Color, ...], ignore: int | None, fit: Fit) -> None:
        self.count, self.palette, self.ignore, self.fit = count, palette, ignore, fit
        self._heap: list[_Seen] = []
        self._orders = itertools.count()

    def add(
        self,
        path: ImageSource,
        reference: NDArray[np.int32],
        file: NDArray[np.int32],
        label: NDArray[np.int64] | None = None,
    ) -> None:
        """Add the class maps ``(H, W)`` of the reference model and of the file for one image, and its label."""
        agreement = float(np.mean(reference == file))
        heapq.heappush(self._heap, _Seen((-agreement, -next(self._orders)), path, (reference, file), label))
        if len(self._heap) > self.count:
            heapq.heappop(self._heap)

    def write(self, folder: Path, name: str, data: Path) -> Worst:
        """Write the pictures into ``folder``, which must not exist yet. ``name``: its final name. ``data``: where the images are from."""
        folder.mkdir()
        worst = sorted(self._heap, reverse=True)
        images = tuple(self._draw(seen, folder, f"{place:02d}") for place, seen in enumerate(worst, 1))
        return Worst(folder=name, source_record=source_record(data), images=images)

    def _draw(self, seen: _Seen, folder: Path, stem: str) -> WorstImage:
        (reference, file), label = seen.maps, seen.label
        shape = reference.shape[0], reference.shape[1]
        pixels = to_batch(self.fit.seen(read_image(seen.path)), *shape)[0].transpose(1, 2, 0).round().astype(np.uint8)
        drawn: dict[Kind, Pixels] = {"input": pixels}
        if label is not None:
            drawn["label"] = self._colors(label)
        drawn |= {
            "float": self._colors(reference),
            "artifact": self._colors(file),
            "difference": difference(pixels, reference, file, label, self.ignore),
        }
        pictures = []
        for kind, content in drawn.items():
            path = folder / f"{stem}-{kind}.png"
            _small(content, smooth=kind == "input").save(path, optimize=True)
            pictures.append(Picture(kind=kind, file=path.name, sha256=sha256(path)))
        before, after = (self._miou(classes, label) for classes in seen.maps)
        return WorstImage(
            image=seen.path.name,
            agreement=-seen.badness[0],
            float_miou=before,
            artifact_miou=after,
            pictures=tuple(pictures),
        )

    def _colors(self, classes: NDArray[np.integer]) -> Pixels:
        known = classes < len(self.palette)
        colors = colorize(np.where(known, classes, 0), self.palette)
        colors[~known] = VOID
        return colors

    def _miou(self, classes: NDArray[np.int32], label: NDArray[np.int64] | None) -> float | None:
        if label is None:
            return None
        return class_scores(class_counts(classes, label, len(self.palette), self.ignore)).miou


def difference(
    pixels: Pixels,
    reference: NDArray[np.integer],
    file: NDArray[np.integer],
    label: NDArray[np.integer] | None,
    ignore: int | None,
) -> Pixels:
    """``(H, W, 3)`` uint8: the image in faded grey, and, where the two class maps differ, a colour for which of them has the label's
    class."""
    grey = (FADED * pixels.mean(axis=2, keepdims=True)).astype(np.uint8)
    picture = np.repeat(grey, 3, axis=2)
    differ = reference != file
    picture[differ] = NO_LABEL
    if label is not None:
        known = differ if ignore is None else differ & (label != ignore)
        picture[known] = BOTH_WRONG
        picture[known & (file == label)] = ARTIFACT_RIGHT
        picture[known & (reference == label)] = FLOAT_RIGHT
    return picture


def source_record(data: Path) -> str | None:
    """The text of SOURCE.txt in a data folder or in the one above."""
    for folder in (data, data.resolve().parent):
        try:
            return (folder / SOURCE).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
    return None


def _small(pixels: Pixels, smooth: bool) -> Image.Image:
    """Resize to at most ``LARGEST_SIDE`` pixels a side, without blending class colours unless ``smooth``."""
    image = Image.fromarray(pixels)
    scale = min(1.0, LARGEST_SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST)
