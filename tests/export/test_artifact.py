"""What ``Artifact.run`` takes: a PIL image is checked and turned like the file it comes from, and numbers must be pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.fit import Fit
from mobileseg.errors import ImageError
from mobileseg.export.artifact import as_batch

SIZE = (16, 24)
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def plain(path: Path) -> None:
    Image.fromarray(PIXELS).save(path)


def turned(path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(PIXELS).save(path, exif=exif)


def grey(path: Path) -> None:
    Image.fromarray(PIXELS[:, :, 0]).save(path)


def palette(path: Path) -> None:
    Image.fromarray(PIXELS).quantize(16).save(path)


def opaque(path: Path) -> None:
    Image.fromarray(PIXELS).convert("RGBA").save(path)


def transparent(path: Path) -> None:
    image = Image.fromarray(PIXELS).convert("RGBA")
    image.putalpha(128)
    image.save(path)


def cmyk(path: Path) -> None:
    Image.fromarray(PIXELS).convert("CMYK").save(path)


def grey16(path: Path) -> None:
    Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 257).save(path)


def rgb16(path: Path) -> None:
    """Pillow silently reduces it to 8 bits."""
    height, width, _ = PIXELS.shape
    rows = (PIXELS.astype(">u2") * 257).reshape(height, -1)
    raw = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    chunks = ((b"IHDR", struct.pack(">2I5B", width, height, 16, 2, 0, 0, 0)), (b"IDAT", raw), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def tiny(path: Path) -> None:
    Image.fromarray(PIXELS[:4]).save(path)


def cut_off(path: Path) -> None:
    plain(path)
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize(
    ("name", "write", "good"),
    [
        ("plain.png", plain, True), ("turned.jpg", turned, True), ("grey.png", grey, True), ("palette.png", palette, True),
        ("opaque.png", opaque, True), ("transparent.png", transparent, False), ("cmyk.jpg", cmyk, False),
        ("grey16.png", grey16, False), ("rgb16.png", rgb16, False), ("tiny.png", tiny, False), ("cut.png", cut_off, False),
    ],
)  # fmt: skip
def test_a_pil_image_is_read_like_its_file(
    tmp_path: Path, name: str, write: Callable[[Path], None], good: bool, loaded: bool
) -> None:
    path = tmp_path / name
    write(path)
    image = Image.open(path)
    if loaded and write is not cut_off:
        image.load()
    if not good:
        for each in (path, str(path), image):
            with pytest.raises(ImageError, match=name):
                as_batch(each, Fit(SIZE))
        return
    assert np.array_equal(as_batch(path, Fit(SIZE)), as_batch(image, Fit(SIZE)))


def test_a_pil_image_from_nowhere_is_checked_too() -> None:
    assert np.array_equal(as_batch(Image.fromarray(PIXELS), Fit(SIZE)), as_batch(PIXELS, Fit(SIZE)))
    with pytest.raises(ImageError, match="the image is CMYK"):
        as_batch(Image.fromarray(PIXELS).convert("CMYK"), Fit(SIZE))


BATCH = as_batch(PIXELS, Fit(SIZE))


@pytest.mark.parametrize(
    "numbers",
    [
        BATCH / 255, (BATCH / 255).astype(np.float16), BATCH / 127.5 - 1, (BATCH - 120) / 58, BATCH * 257, BATCH - 255,
        np.where(BATCH > 200, np.nan, BATCH), np.where(BATCH > 200, np.inf, BATCH), BATCH.astype(np.int32) - 128,
    ],
)  # fmt: skip
def test_numbers_that_are_no_pixels_are_refused(numbers: NDArray[np.generic]) -> None:
    with pytest.raises(ImageError, match="pixels from 0 to 255"):
        as_batch(numbers, Fit(SIZE))


@pytest.mark.parametrize(
    "numbers",
    [
        BATCH, BATCH.astype(np.float64), BATCH.astype(np.uint8), np.zeros_like(BATCH), (BATCH > 128).astype(np.uint8),
        BATCH * 0.05, BATCH * 1.2 - 20,
    ],
)  # fmt: skip
def test_pixels_of_any_type_are_taken(numbers: NDArray[np.generic]) -> None:
    """Black ones too, and what a bicubic resize overshoots."""
    found = as_batch(numbers, Fit(SIZE))
    assert found.dtype == np.float32
    assert np.array_equal(found, numbers.astype(np.float32))
