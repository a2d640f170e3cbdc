"""Opening image files, on disk or inside another file, with Pillow: what it can decode here, and how large a picture may be."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from PIL import Image, ImageFile

from mobileseg.data.file_types import HEIF, readable
from mobileseg.data.tiff import without_metadata
from mobileseg.errors import ImageError, RequestError

LIMIT = "MOBILESEG_MAX_PIXELS"  # environment variable
MOST_PIXELS = 300_000_000  # 200-megapixel photos of phones fit; decoded they are 600 MB
TURNED = (5, 6, 7, 8)  # EXIF orientations that swap height and width
ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
T = TypeVar("T")
_opening = threading.Lock()


class ImageSource(Protocol):
    """An encoded image: a path, or one in a larger file. ``name`` is what people call it, ``stem`` the same without suffix."""

    @property
    def name(self) -> str: ...

    @property
    def stem(self) -> str: ...

    def read_bytes(self) -> bytes: ...


class Decoded(NamedTuple):
    """``image``: fully decoded, as stored. ``deep``: whether the file has 16 bits per channel, which Pillow may have reduced to 8."""

    image: Image.Image
    deep: bool


def decode(source: ImageSource) -> Decoded:
    """The decoded image. Raises ``ImageError`` where the file is missing, damaged, too large or not an image."""

    def load(image: ImageFile.ImageFile) -> Decoded:
        deep = is_deep(image)
        image.load()
        return Decoded(image, deep)

    return _read(source, load)


def is_16_bit(source: ImageSource) -> bool:
    """Whether a file has 16 bits per channel. Raises ``ImageError``."""
    return _read(source, is_deep)


def is_deep(image: Image.Image) -> bool:
    """Whether an image has 16 bits per channel, as far as it says so: fully, before its pixels are loaded."""
    tiles = getattr(image, "tile", ())
    return image.mode.startswith("I") or any(_deep(tile.codec_name, tile.args) for tile in tiles)


def _deep(codec: str, args: Any) -> bool:
    """Whether the raw mode in a Pillow tile's arguments, which come first, has 16 bits per channel."""
    mode, *more = args if isinstance(args, tuple) else (args,)
    if codec in ("ppm", "ppm_plain"):
        return bool(more and more[0] > 255)  # the largest value that the file may contain
    return ";16" in str(mode)


def upright_size(source: ImageSource) -> tuple[int, int]:
    """Height and width as people see the image, from its header alone. Raises ``ImageError``."""

    def size(image: ImageFile.ImageFile) -> tuple[int, int]:
        # A TIFF is turned by Pillow itself.
        turned = image.format != "TIFF" and orientation(image) in TURNED
        return (image.width, image.height) if turned else (image.height, image.width)

    return _read(source, size)


def stored_size(source: ImageSource) -> tuple[int, int]:
    """Height and width of the stored pixels, before EXIF turns them. Raises ``ImageError``."""
    return _read(source, lambda image: (image.height, image.width))


def orientation_of(source: ImageSource) -> int:
    """The EXIF orientation of a file, see ``orientation``. Raises ``ImageError``."""
    return _read(source, orientation)


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1..8; 1, which is upright, where the metadata has none or makes no sense."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = image.getexif().get(ORIENTATION, 1)
        except Exception:  # Pillow's parsers raise nearly anything on odd bytes; viewers show such pictures as stored
            return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def upright(image: Image.Image) -> Image.Image:
    """The image as people see it."""
    method = _UPRIGHT.get(orientation(image))
    return image if method is None else image.transpose(method)


def most_pixels() -> int:
    """The limit in pixels. Raises ``RequestError`` where the environment variable is no number."""
    text = os.environ.get(LIMIT, "")
    if not text:
        return MOST_PIXELS
    try:
        return int(float(text))
    except (ValueError, OverflowError) as error:
        raise RequestError(expected=f"a number of pixels in {LIMIT}", found=repr(text), fix=f"unset {LIMIT}") from error


def _read(source: ImageSource, use: Callable[[ImageFile.ImageFile], T]) -> T:
    """What ``use`` makes of the opened image. Raises ``ImageError``."""
    with _decoding(source):
        try:
            with _opened(source, source if isinstance(source, Path) else io.BytesIO(source.read_bytes())) as image:
                return use(image)
        except (ImageError, RequestError, FileNotFoundError, MemoryError):
            raise
        except Exception:
            plain = without_metadata(source.read_bytes())
            if plain is None:
                raise
            with _opened(source, io.BytesIO(plain)) as image:
                return use(image)


def _opened(source: ImageSource, file: Path | io.BytesIO) -> ImageFile.ImageFile:
    """The image with its header read, below the limit."""
    suffix = Path(source.name).suffix.lower()
    if suffix in HEIF and not readable(Path(source.name)):
        raise ImageError(
            expected="an image that can be decoded here",
            found=f"{source}, which is {suffix[1:].upper()}",
            fix="convert it to JPEG or PNG, or pip install pillow-heif",
        )
    with _opening, _without_pillows_limit():
        image = Image.open(file)
    if image.width * image.height > (most := most_pixels()):
        image.close()
        raise ImageError(
            expected=f"an image of at most {most / 1e6:g} megapixels",
            found=f"{source} with {image.width * image.height / 1e6:.0f} ({image.height}x{image.width} pixels)",
            fix=f"shrink it, or raise the limit: {LIMIT}={image.width * image.height}",
        )
    return image


@contextlib.contextmanager
def _without_pillows_limit() -> Iterator[None]:
    """Pillow's own limit is a global, and warns of photos that any phone takes."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextlib.contextmanager
def _decoding(source: ImageSource) -> Iterator[None]:
    """What Pillow raises becomes an ``ImageError``; what it warns of is not shown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except FileNotFoundError as error:
        raise ImageError(expected="an image file", found=f"nothing at {source}", fix="check the path") from error
    except (ImageError, RequestError, MemoryError):
        raise
    except Exception as error:  # decoders raise nearly anything on damaged files
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EISDIR):
            reason = str(error.strerror)
        else:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ImageError(
            expected="an image that can be decoded", found=f"{source}: {reason}", fix="replace or remove this image"
        ) from error
