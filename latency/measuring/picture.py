"""The input image of a measurement, the same for every file."""

from __future__ import annotations

from pathlib import Path

from mobileseg.data.images import Pixels
from mobileseg.export.artifact import Artifact


def write_input(artifact: Artifact, pixels: Pixels, path: Path) -> Path:
    """Write ``pixels`` ``(H, W, 3)`` uint8 to ``path`` as the file's input: raw little-endian float32 ``(1, 3, h, w)``."""
    artifact.fit.batch(pixels).astype("<f4").tofile(path)
    return path


def describe(picture: Path) -> str:
    """The ``input`` field of a result."""
    return f"{picture.name}, resized"
