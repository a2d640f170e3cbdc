"""Which image files are read: by their suffix, and by what Pillow can decode here."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from pathlib import Path

from PIL import features

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
HEIF = (".heic", ".heif", ".hif")  # Pillow decodes it with the plugin pillow-heif
AVIF = (".avif",)
# Pictures all the same: what is left out is said.
OTHER_SUFFIXES = frozenset(
    {*HEIF, *AVIF, ".gif", ".apng", ".jp2", ".j2k", ".jxl", ".jxr", ".psd", ".svg", ".exr", ".hdr", ".tga", ".ico",
     ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".raw", ".mpo", ".pbm", ".pnm"}
)  # fmt: skip


def readable(path: Path) -> bool:
    """Whether a file is an image that is read, judged by its suffix."""
    return path.suffix.lower() in SUFFIXES or path.suffix.lower() in _decodable()


@functools.cache
def _decodable() -> frozenset[str]:
    """The suffixes that Pillow decodes here and not everywhere."""
    found = set(AVIF) if features.check("avif") else set()
    if importlib.util.find_spec("pillow_heif") is not None:
        importlib.import_module("pillow_heif").register_heif_opener()
        found |= set(HEIF)
    return frozenset(found)
