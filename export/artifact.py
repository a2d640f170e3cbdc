"""An exported file and its manifest, ready to run."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.classes import Color, generated_palette
from mobileseg.data.fit import Fit, Placement
from mobileseg.data.images import Batch, Pixels, rgb_pixels
from mobileseg.data.opening import is_16_bit
from mobileseg.data.panoptic_settings import PanopticSettings
from mobileseg.errors import ArtifactError, ImageError
from mobileseg.export.fitting import FittingRuntime
from mobileseg.export.manifest import Manifest, read_manifest
from mobileseg.export.targets import TARGETS, TargetSpec
from mobileseg.export.versions import check_versions
from mobileseg.files import sha256
from mobileseg.models.spec import OUTPUTS
from mobileseg.postprocess.class_map import classes_of_output
from mobileseg.postprocess.panoptic import PanopticRules, rules_for
from mobileseg.registry import choose, load

if TYPE_CHECKING:
    from torch import nn

    from mobileseg.export.backends.contract import Runtime

OVERSHOOT = 32  # of a bicubic or Lanczos resize, in pixel values
NORMALISED = 16  # above any normalised pixel, in standard deviations

ImageLike = str | Path | Image.Image | NDArray[np.generic]


class Artifact:
    """An exported file at ``path`` with its ``manifest``. The first ``run`` loads it into its runtime."""

    def __init__(self, path: Path, manifest: Manifest, target: TargetSpec) -> None:
        self.path, self.manifest, self.target = path, manifest, target
        self.named_model: str | nn.Module | None = (
            None  # the network that a command or a program named, where it is not ours
        )

    def __repr__(self) -> str:
        return f"Artifact({str(self.path)!r}, {self.manifest.model.name}, {self.manifest.precision.name})"

    @property
    def size(self) -> tuple[int, int]:
        """Height, width of the input in pixels."""
        return self.manifest.input.shape[2], self.manifest.input.shape[3]

    @property
    def fit(self) -> Fit:
        """How pictures become its input."""
        resize = self.manifest.input.resize
        return Fit(self.size, resize.mode, resize.bars or self.manifest.input.mean)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Class names from the manifest, else ``class 0``, ``class 1``, ..."""
        return self.manifest.output.classes or tuple(f"class {i}" for i in range(self.manifest.model.num_classes))

    @property
    def palette(self) -> tuple[Color, ...]:
        """RGB colours of the classes, 0..255; generated where the manifest has none."""
        return self.manifest.output.palette or generated_palette(self.manifest.model.num_classes)

    def rules(self, *settings: PanopticSettings | None) -> PanopticRules | None:
        """The rules that turn the outputs into instances; None for files without an instance branch. ``settings`` go before those of the
        manifest, the first ones first. Raises ``ArtifactError`` where the manifest does not name the classes with instances."""
        output = self.manifest.output
        if output.kind != "panoptic":
            return None
        if output.things is None:
            raise ArtifactError(
                expected="a manifest that names the classes with instances",
                found=f"none in that of {self.path.name}",
                fix="export again with --classes: a classes.json with names and things",
            )
        return rules_for(output.things, *settings, output.panoptic)

    def load(self, threads: int | None = None) -> Runtime:
        """A new runtime with the file loaded; ``target.evaluated_by`` names it. ``threads``: None leaves the number to the runtime.

        Raises ``ArtifactError`` where the file cannot be loaded, ``UnknownOperationError`` where the interpreter lacks an operation of
        it, and ``RequestError`` where the runtime does not take a number of threads. Its ``run`` raises ``ArtifactError`` where the file
        does not give what the manifest says.
        """
        runtime: Runtime = load(self.target.runtime)(self.path, threads)
        return FittingRuntime(runtime, self.manifest.output, self.path.name)

    @functools.cached_property
    def runtime(self) -> Runtime:
        """The runtime that ``run`` uses, loaded once."""
        return self.load()

    def run(self, image: ImageLike) -> NDArray[np.generic] | dict[str, NDArray[np.generic]]:
        """The file's output for one image: logits ``(1, C, h, w)`` float32 (a classifier's: ``(1, C)``), or the class map
        ``(1, H, W)`` int32; for panoptic files a dict of float32 ``semantic`` ``(1, C, h, w)``, ``center`` ``(1, 1, h, w)`` and
        ``offset`` ``(1, 2, h, w)``.

        ``image``: a path, a PIL image, which is read like a file (upright, 8-bit RGB, grey or palette), or ``(H, W, 3)`` uint8 RGB, all
        of any size, which are resized as the manifest says (``fit``); or ``(1, 3, H, W)`` RGB in 0..255 of the file's input size. Raises
        ``ImageError``, also for numbers that are no pixels (from 0 to 1, or normalised), and the errors of ``load``.
        """
        outputs = self.runtime.run(as_batch(image, self.fit))
        names = OUTPUTS[self.manifest.output.kind]
        return outputs[0] if len(names) == 1 else dict(zip(names, outputs, strict=True))

    def class_map(
        self, output: NDArray[np.generic], height: int, width: int, place: Placement | None = None
    ) -> NDArray[np.int32]:
        """The class map ``(height, width)`` int32 of an output of ``run``, logits or mask, resized to any size. ``place``: where the
        picture is in the input (``fit.place``); the map is of what the input shows of it. Without: of the whole input."""
        return classes_of_output(output, height, width, self.manifest.output.align_corners, place)


def as_batch(image: ImageLike, fit: Fit) -> Batch:
    """An image of any kind that ``Artifact.run`` takes, as ``(1, 3, H, W)`` float32 RGB in 0..255. Raises ``ImageError``."""
    if isinstance(image, str | Path):
        return fit.read(Path(image))
    if isinstance(image, Image.Image):
        return fit.batch(_decoded(image))
    array, size = np.asarray(image), fit.size
    if array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8:
        return fit.batch(array.astype(np.uint8, copy=False))
    if array.shape == (1, 3, *size):
        _check_range(array)
        return np.array(array, dtype=np.float32, order="C")
    raise ImageError(
        expected=f"(H, W, 3) uint8 RGB, or (1, 3, {size[0]}, {size[1]}) float32 in 0..255",
        found=f"{array.shape} {array.dtype}",
        fix="convert the image to one of these",
    )


def _decoded(image: Image.Image) -> Pixels:
    name = getattr(image, "filename", "")
    try:
        deep = is_16_bit(Path(name)) if name and Path(name).is_file() else None
        return rgb_pixels(image, name or "the image", deep)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow decodes when the pixels are first asked for
        raise ImageError(
            expected="an image that can be decoded", found=f"{name or 'the image'}: {error}", fix="replace this image"
        ) from error


def _check_range(array: NDArray[np.generic]) -> None:
    """Raise ``ImageError`` for floats that are no pixels from 0 to 255. Images from 0 to 1 and normalised ones are what other programs
    take, and would be seen as black here; a resize with overshoot is let through."""
    low, high = float(array.min()), float(array.max())
    integers = np.issubdtype(array.dtype, np.integer)
    small = not integers and (0 < high <= 1 or (low < 0 and high < NORMALISED))
    if -OVERSHOOT <= low <= high <= 255 + OVERSHOOT and not small:
        return
    raise ImageError(
        expected="pixels from 0 to 255",
        found=f"numbers from {low:.4g} to {high:.4g}",
        fix="multiply by 255 what is from 0 to 1; leave the normalisation to the file",
    )


def open_artifact(path: str | Path, any_version: bool = False) -> Artifact:
    """Open an exported file for running: ``read_artifact``, with a check of the installed runtime.

    ``any_version`` skips the comparison of the runtime's version with the one that verified the file. Raises ``ArtifactError``, and
    ``EnvironmentLackError`` where the runtime is missing or has another version.
    """
    artifact = read_artifact(path)
    target = artifact.target
    target.require(target.runtime_packages, f"running {target.suffix} files")
    if not any_version:
        check_versions(artifact.manifest, target, artifact.path.name)
    return artifact


def read_artifact(path: str | Path) -> Artifact:
    """The file at ``path`` with the manifest beside it, checked by digest; its runtime need not be installed. Raises
    ``ArtifactError``, and ``EnvironmentLackError`` for a manifest of another schema version."""
    path = Path(path)
    if not path.exists():
        raise ArtifactError(expected="an exported file", found=f"nothing at {path}", fix="check the path")
    manifest = read_manifest(path)
    target = choose(TARGETS, manifest.target, "target")
    found = sha256(path)
    if found != manifest.artifact.sha256:
        raise ArtifactError(
            expected=f"sha256 {manifest.artifact.sha256}, as in the manifest",
            found=f"{found} for {path}: truncated, changed, or the manifest of another file",
            fix="export again, or put the matching file and manifest side by side",
        )
    return Artifact(path, manifest, target)
