"""Decoding, limits and EXIF: odd metadata never ends in a traceback, and never costs the picture."""

import contextlib
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mobileseg.data.images import read_image
from mobileseg.data.opening import LIMIT, decode, stored_size, upright_size
from mobileseg.data.tiff import METADATA, without_metadata
from mobileseg.errors import ImageError, RequestError

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
ORIENTATION = 0x0112


def jpeg(path: Path, exif: bytes) -> Path:
    """A JPEG with ``exif`` as its APP1 segment, whatever it holds."""
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, "JPEG", quality=95)
    data = stream.getvalue()
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    path.write_bytes(data[:2] + segment + data[2:])
    return path


def tiff(entries: list[tuple[int, int, int, bytes]], order: str = "<") -> bytes:
    """An EXIF block of these IFD entries: tag, type, count, and four bytes of value or offset."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    body = b"".join(struct.pack(f"{order}HHI", tag, kind, count) + value for tag, kind, count, value in entries)
    return b"Exif\0\0" + head + struct.pack(f"{order}H", len(entries)) + body + b"\0\0\0\0"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_the_sizes_of_turned_pictures(tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(PIXELS).save(path, exif=exif)
    assert upright_size(path) == read_image(path).shape[:2] == ((30, 20) if orientation > 4 else (20, 30))
    if suffix != "tif":  # Pillow turns a TIFF itself
        assert stored_size(path) == (20, 30)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0no tags here",
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"MM",
        tiff([(ORIENTATION, 3, 1, b"\x09\0\0\0")]),  # no such orientation
        tiff([(ORIENTATION, 3, 1, b"\0\0\0\0")]),
        tiff([(ORIENTATION, 2, 2, b"6\0\0\0")]),  # as text
        tiff([(ORIENTATION, 5, 1, b"\xff\xff\xff\x7f")]),  # a rational beyond the end
        tiff([(ORIENTATION, 12, 1, b"\0\0\0\0")]),
        tiff([(ORIENTATION, 99, 1, b"\x06\0\0\0")]),  # no such type
        tiff([(ORIENTATION, 3, 0xFFFFFFFF, b"\x06\0\0\0")]),
        tiff([(0x8769, 4, 1, b"\x08\0\0\0")]),  # a directory that points to itself
        tiff([(0x8769, 4, 1, b"\xff\xff\xff\xff"), (ORIENTATION, 3, 1, b"\x01\0\0\0")]),
        tiff([(0x8825, 13, 9, b"GPS!")], ">"),
        tiff([(0x927C, 7, 5000, b"\x10\0\0\0")]),  # a maker's note beyond the end
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation='six'/>",
    ],
)
def test_odd_exif_leaves_the_picture_as_stored(tmp_path: Path, exif: bytes) -> None:
    path = jpeg(tmp_path / "a.jpg", exif)
    plain = jpeg(tmp_path / "b.jpg", b"")
    np.testing.assert_array_equal(read_image(path), read_image(plain))
    assert upright_size(path) == (20, 30)


ENTRY = st.tuples(
    st.sampled_from(sorted(METADATA)) | st.integers(0, 0xFFFF),
    st.integers(0, 20),
    st.sampled_from([0, 1, 2, 5]) | st.integers(0, 2**32 - 1),
    st.binary(min_size=4, max_size=4),
)
EXIF = st.binary(max_size=80) | st.builds(tiff, st.lists(ENTRY, max_size=4), st.sampled_from("<>"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(exif=EXIF)
def test_no_exif_costs_the_picture(tmp_path: Path, exif: bytes) -> None:
    found = read_image(jpeg(tmp_path / "a.jpg", exif))
    assert sorted(found.shape) == [3, 20, 30]
    assert upright_size(tmp_path / "a.jpg") == found.shape[:2]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(exif=EXIF, suffix=st.sampled_from(["png", "webp"]))
def test_nor_that_of_other_files(tmp_path: Path, exif: bytes, suffix: str) -> None:
    Image.fromarray(PIXELS).save(tmp_path / f"a.{suffix}", exif=exif)
    assert sorted(read_image(tmp_path / f"a.{suffix}").shape) == [3, 20, 30]


def tiff_file(entries: list[tuple[int, int, int, bytes]], order: str) -> bytes:
    """A TIFF file of ``PIXELS``, uncompressed, with these entries beside those of the picture."""
    strip = PIXELS.tobytes()
    bits = struct.pack(f"{order}HHH", 8, 8, 8)
    data = (
        (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(bits) + len(strip)) + bits + strip
    )
    fields = [(256, 30), (257, 20), (259, 1), (262, 2), (277, 3), (278, 20), (279, len(strip)), (273, 8 + len(bits))]
    made = [(tag, 4, 1, struct.pack(f"{order}I", value)) for tag, value in fields]
    made += [(258, 3, 3, struct.pack(f"{order}I", 8)), *entries]
    body = b"".join(struct.pack(f"{order}HHI", tag, kind, count) + value for tag, kind, count, value in sorted(made))
    return data + struct.pack(f"{order}H", len(made)) + body + b"\0\0\0\0"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(
    entries=st.lists(ENTRY.filter(lambda entry: entry[0] in METADATA), max_size=3, unique_by=lambda entry: entry[0]),
    order=st.sampled_from("<>"),
)
def test_nor_that_of_a_tiff(tmp_path: Path, entries: list[tuple[int, int, int, bytes]], order: str) -> None:
    (tmp_path / "a.tif").write_bytes(tiff_file(entries, order))
    found = read_image(tmp_path / "a.tif")
    assert sorted(found.shape) == [3, 20, 30]
    assert sorted(np.unique(found)) == sorted(np.unique(PIXELS))
    assert upright_size(tmp_path / "a.tif") == found.shape[:2]


def test_a_tiff_without_metadata_is_read_as_it_is(tmp_path: Path) -> None:
    for order in "<>":
        (tmp_path / "a.tif").write_bytes(tiff_file([], order))
        np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), PIXELS)
        assert without_metadata((tmp_path / "a.tif").read_bytes()) is None
    assert without_metadata(b"II*\0\xff\xff\xff\xff") is None
    assert without_metadata(jpeg(tmp_path / "a.jpg", b"").read_bytes()) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(data=st.data(), suffix=st.sampled_from(["jpg", "png", "webp", "tif", "bmp", "ppm", "gif", "avif"]))
def test_damage_is_an_image_error_or_nothing(tmp_path: Path, data: st.DataObject, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(PIXELS).save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    for read in (read_image, decode, upright_size, stored_size):
        with contextlib.suppress(ImageError):
            read(path)


class TestLimit:
    def test_a_large_photo_is_no_attack(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            Image, "MAX_IMAGE_PIXELS", 100
        )  # of Pillow, which warns above it and refuses above twice of it
        path = jpeg(tmp_path / "a.jpg", b"")
        assert read_image(path).shape == (20, 30, 3)
        assert Image.MAX_IMAGE_PIXELS == 100  # theirs stays

    def test_it_can_be_raised_and_lowered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = jpeg(tmp_path / "a.jpg", b"")
        monkeypatch.setenv(LIMIT, "500")
        with pytest.raises(ImageError, match=rf"at most 0\.0005 megapixels.*20x30 pixels.*{LIMIT}=600"):
            read_image(path)
        monkeypatch.setenv(LIMIT, "6e2")
        assert read_image(path).shape == (20, 30, 3)

    def test_no_number(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(LIMIT, "many")
        with pytest.raises(RequestError, match="'many'"):
            read_image(jpeg(tmp_path / "a.jpg", b""))

    @pytest.mark.slow
    def test_two_hundred_megapixels(self, tmp_path: Path) -> None:
        Image.new("RGB", (16320, 12240), (90, 120, 60)).save(tmp_path / "a.jpg")
        assert upright_size(tmp_path / "a.jpg") == (12240, 16320)
        assert read_image(tmp_path / "a.jpg").shape == (12240, 16320, 3)


class TestFileTypes:
    def test_avif_where_pillow_can(self, tmp_path: Path) -> None:
        from PIL import features

        from mobileseg.data.file_types import readable

        assert readable(tmp_path / "a.AVIF") == features.check("avif")
        if features.check("avif"):
            Image.fromarray(PIXELS).save(tmp_path / "a.avif", quality=100)
            assert read_image(tmp_path / "a.avif").shape == PIXELS.shape

    def test_heic_says_what_would_read_it(self, tmp_path: Path) -> None:
        pytest.importorskip("PIL")
        try:
            import pillow_heif  # noqa: F401
        except ImportError:
            (tmp_path / "a.heic").write_bytes(b"x")
            with pytest.raises(ImageError, match=r"a\.heic, which is HEIC.*pillow-heif"):
                read_image(tmp_path / "a.heic")
