from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mobileseg.data.images import check_images, find_images, read_batch, read_image
from mobileseg.errors import ImageError

Pixels = NDArray[np.uint8]
Writer = Callable[[Path, Pixels], None]


@pytest.fixture(scope="module")
def pixels() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def rgb16_png(path: Path, pixels: Pixels) -> None:
    """Pillow cannot write 16-bit RGB, and silently reduces it to 8 bits when it reads it."""
    height, width, _ = pixels.shape
    rows = (pixels.astype(">u2") * 257).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    chunks = (
        (b"IHDR", struct.pack(">2I5B", width, height, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw)),
        (b"IEND", b""),
    )
    with path.open("wb") as stream:
        stream.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in chunks:
            stream.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


def rgb16_ppm(path: Path, pixels: Pixels) -> None:
    head = f"P6 {pixels.shape[1]} {pixels.shape[0]} 65535\n".encode()
    path.write_bytes(head + (pixels.astype(">u2") * 257).tobytes())


def grey16_png(path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 257).save(path)


def cmyk_jpeg(path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).convert("CMYK").save(path)


def transparent_png(path: Path, pixels: Pixels) -> None:
    alpha = np.full((*pixels.shape[:2], 1), 255, dtype=np.uint8)
    alpha[3, 4] = 254
    Image.fromarray(np.concatenate([pixels, alpha], axis=2)).save(path)


def transparent_palette_png(path: Path, pixels: Pixels) -> None:
    image = Image.fromarray(pixels).quantize(8)
    image.save(path, transparency=image.getpixel((0, 0)))


def transparent_colour_png(path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).save(path, transparency=tuple(pixels[0, 0].tolist()))


def bilevel_png(path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).convert("1").save(path)


@pytest.mark.parametrize(
    ("name", "write", "reason"),
    [
        ("cmyk.jpg", cmyk_jpeg, "CMYK"),
        ("grey16.png", grey16_png, "16-bit"),
        ("rgb16.png", rgb16_png, "16-bit"),
        ("rgb16.ppm", rgb16_ppm, "16-bit"),
        ("alpha.png", transparent_png, "RGBA"),
        ("palette.png", transparent_palette_png, "8-bit RGB, grey or palette"),
        ("colour.png", transparent_colour_png, "8-bit RGB, grey or palette"),
        ("bilevel.png", bilevel_png, "is 1"),
    ],
)
def test_refuses_what_is_not_8_bit_rgb(tmp_path: Path, pixels: Pixels, name: str, write: Writer, reason: str) -> None:
    write(tmp_path / name, pixels)
    with pytest.raises(ImageError, match=reason) as caught:
        read_image(tmp_path / name)
    assert name in caught.value.found
    assert "convert" in caught.value.fix


@pytest.mark.parametrize("shape", [(1, 1), (7, 30), (30, 7)])
def test_refuses_tiny_pictures(tmp_path: Path, shape: tuple[int, int]) -> None:
    Image.fromarray(np.zeros((*shape, 3), dtype=np.uint8)).save(tmp_path / "tiny.png")
    with pytest.raises(ImageError, match=rf"at least 8x8 pixels.*{shape[0]}x{shape[1]} \(height x width\)"):
        read_image(tmp_path / "tiny.png")


def test_refuses_missing_files_folders_empty_files_and_text(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture at all")
    for name, reason in (
        ("none.png", "nothing at"),
        (".", "directory"),
        ("empty.png", "cannot"),
        ("text.png", "cannot"),
    ):
        with pytest.raises(ImageError, match=reason):
            read_image(tmp_path / name)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp", "ppm", "tif"])
def test_refuses_a_truncated_file(tmp_path: Path, pixels: Pixels, suffix: str) -> None:
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(pixels).save(path)
    whole = path.read_bytes()
    for kept in (10, len(whole) // 4, len(whole) // 2, len(whole) - 40):
        path.write_bytes(whole[:kept])
        with pytest.raises(ImageError, match=r"can be decoded"):
            read_image(path)


@pytest.mark.parametrize("suffix", ["png", "bmp", "ppm", "tif"])
def test_reads_every_width(tmp_path: Path, suffix: str) -> None:
    # Row lengths and offsets stand beside the sample format in Pillow's tile: a 16 among them means nothing.
    for width in range(8, 120):
        expected = np.random.default_rng(width).integers(0, 256, (9, width, 3), dtype=np.uint8)
        Image.fromarray(expected).save(tmp_path / f"wide.{suffix}", compression="tiff_lzw")  # the others need none
        np.testing.assert_array_equal(read_image(tmp_path / f"wide.{suffix}"), expected)


def test_takes_grey_palette_and_opaque_alpha(tmp_path: Path, pixels: Pixels) -> None:
    path = tmp_path / "image.png"
    Image.fromarray(pixels[:, :, 0]).save(path)
    np.testing.assert_array_equal(read_image(path), np.repeat(pixels[:, :, :1], 3, axis=2))

    palette = Image.fromarray(pixels[:, :, 0] % 4)
    palette.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    palette.save(path)
    assert Image.open(path).mode == "P"
    colors = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]], dtype=np.uint8)
    np.testing.assert_array_equal(read_image(path), colors[pixels[:, :, 0] % 4])

    opaque = np.full((*pixels.shape[:2], 1), 255, dtype=np.uint8)
    Image.fromarray(np.concatenate([pixels, opaque], axis=2)).save(path)
    assert Image.open(path).mode == "RGBA"
    np.testing.assert_array_equal(read_image(path), pixels)


@pytest.mark.parametrize(
    ("orientation", "turns", "mirrored"), [(1, 0, False), (2, 0, True), (3, 2, False), (6, 3, False), (8, 1, False)]
)
def test_applies_the_exif_orientation(
    tmp_path: Path, pixels: Pixels, orientation: int, turns: int, mirrored: bool
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "image.png", exif=exif)
    upright = np.rot90(pixels[:, ::-1] if mirrored else pixels, turns)
    np.testing.assert_array_equal(read_image(tmp_path / "image.png"), upright)


def test_find_images_by_name_and_suffix(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", "c.txt", ".hidden.png"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "d.png").touch()
    assert [path.name for path in find_images(tmp_path)] == ["a.jpeg", "b.PNG"]


def test_find_images_counts_what_it_leaves_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a.png", "b.heic", "c.HEIC", "d.gif", "e.txt", ".f.gif", "g.json"):
        (tmp_path / name).touch()
    with caplog.at_level("INFO", "mobileseg"):
        assert [path.name for path in find_images(tmp_path)] == ["a.png"]
    assert caplog.messages == [f"left out 1 .gif, 2 .heic in {tmp_path}"]
    (tmp_path / "a.png").unlink()
    with pytest.raises(ImageError, match=r"left out 1 \.gif, 2 \.heic; fix: .*as PNG or JPEG"):
        find_images(tmp_path)


def test_find_images_refuses_an_empty_folder_and_none(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="none directly in"):
        find_images(tmp_path)
    with pytest.raises(ImageError, match="folder of images"):
        find_images(tmp_path / "missing")


def test_check_images_names_the_bad_one(tmp_path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).save(tmp_path / "good.png")
    cmyk_jpeg(tmp_path / "bad.jpg", pixels)
    check_images([tmp_path / "good.png"])
    with pytest.raises(ImageError, match=r"bad\.jpg is CMYK"):
        check_images([tmp_path / "good.png", tmp_path / "bad.jpg"])


def test_read_batch_reads_and_resizes(tmp_path: Path, pixels: Pixels) -> None:
    Image.fromarray(pixels).save(tmp_path / "image.png")
    np.testing.assert_array_equal(read_batch(tmp_path / "image.png", 20, 30)[0], pixels.transpose(2, 0, 1))
