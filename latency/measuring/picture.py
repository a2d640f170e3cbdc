"""The picture that is put into every file of a measurement."""

from __future__ import annotations

from pathlib import Path

from mobileseg.data.images import Pixels, to_batch
from mobileseg.export.artifact import Artifact


def write_input(artifact: Artifact, pixels: Pixels, path: Path) -> Path:
    """The picture as the file takes it, raw little-endian float32."""
    to_batch(pixels, *artifact.size).astype("<f4").tofile(path)
    return path


def told(picture: Path) -> str:
    """What a result says of it."""
    return f"{picture.name}, resized"
