"""Running a .mlpackage in Core ML, on macOS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mobileseg.data.images import Batch, eight_bit
from mobileseg.errors import ArtifactError, RequestError
from mobileseg.export.backends.coreml.tools import import_coremltools
from mobileseg.postprocess.class_map import Outputs
from mobileseg.quiet import quiet


class CoremlRuntime:
    """One compiled model on the processors that Core ML chooses, as in an app.

    ``threads`` must be None: Core ML chooses the number. Raises ``RequestError`` for a number, ``ArtifactError`` where the package
    cannot be loaded.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        if threads is not None:
            raise RequestError(
                expected="no number of threads for Core ML, which chooses it", found=str(threads), fix="omit --threads"
            )
        with quiet():
            coremltools = import_coremltools()
            try:
                self._model = coremltools.models.MLModel(str(path))
                description = self._model.get_spec().description
            except (RuntimeError, OSError) as error:
                raise ArtifactError(
                    expected="a .mlpackage that Core ML can load", found=f"{path}: {error}", fix="export it again"
                ) from error
        (taken,) = description.input
        self._input, self._picture = taken.name, taken.type.WhichOneof("Type") == "imageType"
        self._outputs = tuple(feature.name for feature in description.output)
        self._path = path

    def run(self, batch: Batch) -> Outputs:
        """All outputs, in the file's order, for ``(1, 3, H, W)`` float32 in 0..255, which are rounded where
        the file is given a picture. Raises ``ArtifactError``."""
        given: object = batch
        if self._picture:
            given = Image.fromarray(eight_bit(batch)[0].astype(np.uint8).transpose(1, 2, 0))
        try:
            found = self._model.predict({self._input: given})
        except RuntimeError as error:
            raise ArtifactError(
                expected=f"{self._path.name} to run on {batch.shape}", found=str(error), fix="export it again"
            ) from error
        return tuple(np.asarray(found[name]) for name in self._outputs)
