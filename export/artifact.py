"""An exported file together with its manifest, ready to run."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.classes import Color, generated_palette
from mobileseg.data.images import Batch, read_batch, to_batch
from mobileseg.errors import ArtifactError, ImageError
from mobileseg.export.manifest import Manifest, read_manifest
from mobileseg.export.targets import TARGETS, TargetSpec
from mobileseg.export.versions import check_versions
from mobileseg.files import sha256
from mobileseg.models.spec import OUTPUTS
from mobileseg.postprocess.class_map import classes_of_output
from mobileseg.postprocess.panoptic import PanopticRules, rules_for
from mobileseg.registry import choose, load

if TYPE_CHECKING:
    from mobileseg.export.backends.contract import Runtime

ImageLike = str | Path | Image.Image | NDArray[np.generic]


class Artifact:
    """``path`` and its ``manifest``; ``run`` loads the file into its own runtime at the first call."""

    def __init__(self, path: Path, manifest: Manifest, target: TargetSpec) -> None:
        self.path, self.manifest, self.target = path, manifest, target

    def __repr__(self) -> str:
        return f"Artifact({str(self.path)!r}, {self.manifest.model.name}, {self.manifest.precision.name})"

    @property
    def size(self) -> tuple[int, int]:
        """Height, width of the input in pixels."""
        return self.manifest.input.shape[2], self.manifest.input.shape[3]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names from the manifest, else ``class 0``, ``class 1``, ..."""
        return self.manifest.output.classes or tuple(f"class {i}" for i in range(self.manifest.model.num_classes))

    @property
    def palette(self) -> tuple[Color, ...]:
        """RGB colours, generated where the manifest has none."""
        return self.manifest.output.palette or generated_palette(self.manifest.model.num_classes)

    @property
    def rules(self) -> PanopticRules | None:
        """How the outputs become instances; None for files without an instance branch. Raises ``ArtifactError`` where the manifest
        does not say which classes have instances."""
        output = self.manifest.output
        if output.kind != "panoptic":
            return None
        if output.things is None:
            raise ArtifactError(
                expected="a manifest that says which classes have instances",
                found=f"none named in that of {self.path.name}",
                fix="export with --classes: a classes.json with names and things",
            )
        return rules_for(output.things)

    def load(self, threads: int | None = None) -> Runtime:
        """A runtime with the file in it; ``target.evaluated_by`` says which. Raises ``ArtifactError``, and ``UnknownOperationError``
        where a file that is interpreted here holds what the interpreter does not know."""
        runtime: Runtime = load(self.target.runtime)(self.path, threads)
        return runtime

    @functools.cached_property
    def runtime(self) -> Runtime:
        return self.load()

    def run(self, image: ImageLike) -> NDArray[np.generic] | dict[str, NDArray[np.generic]]:
        """The file's output for one image: logits ``(1, C, h, w)`` or a classifier's ``(1, C)`` float32, or the class map
        ``(1, H, W)`` int32; for panoptic files a dict of ``semantic`` ``(1, C, h, w)``, ``center`` ``(1, 1, h, w)`` and
        ``offset`` ``(1, 2, h, w)``.

        ``image``: a path, a PIL image, ``(H, W, 3)`` uint8 RGB of any size, or ready pixels ``(1, 3, H, W)`` float32 in 0..255
        of the file's own size. Raises ``ImageError``.
        """
        outputs = self.runtime.run(as_batch(image, self.size))
        names = OUTPUTS[self.manifest.output.kind]
        return outputs[0] if len(names) == 1 else dict(zip(names, outputs, strict=True))

    def class_map(self, output: NDArray[np.generic], height: int, width: int) -> NDArray[np.int32]:
        """The class map of logits or of a mask at any size, ``(height, width)`` int32."""
        return classes_of_output(output, height, width, self.manifest.output.align_corners)


def as_batch(image: ImageLike, size: tuple[int, int]) -> Batch:
    """Any accepted picture as ``(1, 3, H, W)`` float32 in 0..255 at ``size``."""
    if isinstance(image, str | Path):
        return read_batch(Path(image), *size)
    if isinstance(image, Image.Image):
        return to_batch(np.asarray(image.convert("RGB")), *size)
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8:
        return to_batch(array.astype(np.uint8, copy=False), *size)
    if array.shape == (1, 3, *size):
        return np.array(array, dtype=np.float32, order="C")
    raise ImageError(
        expected=f"(H, W, 3) uint8 RGB, or (1, 3, {size[0]}, {size[1]}) float32 in 0..255",
        found=f"{array.shape} {array.dtype}",
        fix="convert the picture",
    )


def open_artifact(path: str | Path, any_version: bool = False) -> Artifact:
    """``read_artifact``, checked that it can run here and means the same here.

    ``any_version`` skips the comparison of the runtime's version with the one that verified the file. Raises ``ArtifactError``,
    ``EnvironmentLackError``.
    """
    artifact = read_artifact(path)
    target = artifact.target
    target.require(target.runtime_packages, f"running {target.suffix} files")
    if not any_version:
        check_versions(artifact.manifest, target, artifact.path.name)
    return artifact


def read_artifact(path: str | Path) -> Artifact:
    """``path`` with the manifest beside it, checked to belong together; it need not be able to run here. Raises ``ArtifactError``."""
    path = Path(path)
    if not path.exists():
        raise ArtifactError(expected="an exported file", found=f"nothing at {path}", fix="check the path")
    manifest = read_manifest(path)
    target = choose(TARGETS, manifest.target, "target")
    found = sha256(path)
    if found != manifest.artifact.sha256:
        raise ArtifactError(
            expected=f"sha256 {manifest.artifact.sha256}, which the manifest names",
            found=f"{found} in {path}: truncated, changed, or the manifest of another file",
            fix="export again, or bring the two that belong together",
        )
    return Artifact(path, manifest, target)
