"""Folders of labelled images in which something is missing, does not fit, or cannot be decoded."""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from layouts import SIZE, classes_json, picture, save, stripes
from PIL import Image

from bad_inputs.case import Case, Make, both, empty_folder, file

FINETUNE = (
    "finetune",
    "seaformer-tiny",
    "--size",
    "64x64",
    "--crop",
    "64x64",
    "--batch-size",
    "2",
    "--epochs",
    "1",
    "--data",
    "d",
)
IMAGE, MASK = "d/images/1.png", "d/masks/1.png"


def good(folder: Path, count: int = 6) -> None:
    """A data set with two classes, ``d``, that is split when it is read."""
    for i in range(count):
        save(folder / "d" / "images" / f"{i}.png", picture(i))
        save(folder / "d" / "masks" / f"{i}.png", stripes(0, 1))
    classes_json(folder / "d", names=["a", "b"])


def data(
    name: str, change: Callable[[Path], object], *words: str, more: tuple[str, ...] = (), start: Make = good
) -> Case:
    """The data set with ``change`` applied to the folder that it lies in."""
    return Case(f"data: {name}", (*FINETUNE, *more), words, both(start, change))


def bare(name: str, make: Make, *words: str, more: tuple[str, ...] = ()) -> Case:
    return data(name, lambda folder: None, *words, more=more, start=make)


def replaced(place: str, content: bytes | np.ndarray) -> Make:
    """Another file, or another image, at ``place``."""

    def make(folder: Path) -> None:
        if isinstance(content, bytes):
            (folder / place).write_bytes(content)
        else:
            Image.fromarray(content).save(folder / place)

    return make


def as_mode(place: str, mode: str, suffix: str = ".png") -> Make:
    """The image at ``place`` in another mode of Pillow's, and in another format where ``suffix`` says so."""

    def make(folder: Path) -> None:
        path = folder / place
        image = Image.open(path).convert(mode)
        if mode.endswith("A"):
            image.putalpha(128)
        path.unlink()
        image.save(path.with_suffix(suffix))

    return make


def removed(*places: str) -> Make:
    def make(folder: Path) -> None:
        for place in places:
            path = folder / place
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return make


def moved(source: str, target: str) -> Make:
    return lambda folder: (folder / source).rename(folder / target)


def copied(source: str, target: str) -> Make:
    return lambda folder: shutil.copy(folder / source, folder / target)


def shortened(place: str, kept: float) -> Make:
    def make(folder: Path) -> None:
        content = (folder / place).read_bytes()
        (folder / place).write_bytes(content[: int(kept * len(content))])

    return make


def each_mask(change: Callable[[Path], object]) -> Make:
    return lambda folder: [change(path) for path in sorted((folder / "d" / "masks").iterdir())]


def wide(folder: Path) -> None:
    """A mask of numbers beyond 16 bits."""
    save(folder / "d" / "masks" / "1.tif", stripes(0, 1).astype(np.int32) * 70000)


def turned(folder: Path) -> None:
    """A phone's photo that is stored lying, with a mask on the pixels as they are stored."""
    (folder / IMAGE).unlink()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(1, SIZE[::-1])).save(folder / "d/images/1.jpg", exif=exif)
    save(folder / MASK, np.zeros(SIZE[::-1], np.uint8))


def png(width: int, height: int, depth: int = 8, color: int = 2, rows: bytes = b"") -> bytes:
    """A PNG that says it has this size."""
    head = struct.pack(">2I5B", width, height, depth, color, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


DEEP = png(24, 16, 16, rows=b"".join(b"\0" + bytes(24 * 6) for _ in range(16)))
TALL = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54, 0, 0, 54, 40, 1 << 30, 1 << 30, 1, 24, 0, 0, 0, 0, 0, 0)


def instances(folder: Path) -> None:
    """A data set of instances, of which disc 1 is a thing."""
    for i in range(6):
        save(folder / "d" / "images" / f"{i}.png", picture(i))
        save(folder / "d" / "instances" / f"{i}.png", stripes(0, 1).astype(np.uint16))
    classes_json(folder / "d", things=["disc"], stuff=["ground"])


def with_instances(folder: Path) -> None:
    good(folder)
    for i in range(6):
        save(folder / "d" / "instances" / f"{i}.png", stripes(0, 1).astype(np.uint16))
    classes_json(folder / "d", names=["a", "b"], things=["b"])


CASES = (
    bare("no folder", lambda folder: None, "no folder at d"),
    bare("a file", file("d", b"x"), "d"),
    bare("an empty folder", empty_folder("d"), "only nothing"),
    bare("a picture alone", lambda folder: save(folder / "d" / "a.png", picture(0)), "images/", "a.png"),
    data("no masks", removed("d/masks"), "masks/ or instances/"),
    data("no images", removed("d/images"), "images/"),
    data("empty folders", lambda folder: [p.unlink() for p in (folder / "d").glob("*/*.png")], "images", "none in d/images"),
    data("a mask missing", removed(MASK), "1 images without a mask", "1.png"),
    data("an image missing", removed(IMAGE), "1 masks without an image", "1.png"),
    data("other names", each_mask(lambda path: path.rename(path.with_name(f"x{path.name}y.png"))), "without a mask"),
    data("two images of a name", copied(IMAGE, "d/images/1.jpg"), "one file per name", "several named 1"),
    data("two masks of a name", copied(MASK, "d/masks/1.bmp"), "one file per name", "several named 1"),
    data("GIF alone", lambda folder: [p.rename(p.with_suffix(".gif")) for p in (folder / "d/images").iterdir()], "left out 6 .gif"),
    data("too few to split", removed(*(f"d/{k}/{i}.png" for k in ("images", "masks") for i in range(4))), "at least 3 images"),
    data("a mask of another size", replaced(MASK, np.zeros((16, 25), np.uint8)), "16x24 pixels", "16x25"),
    data("a photo turned by EXIF", turned, "EXIF orientation 6", "turn the mask"),
    data("a value too large", replaced(MASK, stripes(0, 7)), "labels 0..1", "7 in"),
    data("0 and 255", each_mask(lambda path: save(path, stripes(0, 255))), "write 1 instead of 255"),
    data("counted from 1", each_mask(lambda path: save(path, stripes(1, 2))), "subtract 1"),
    data("one class in the masks", each_mask(lambda path: save(path, stripes(0))), "at least two classes in the labels"),
    data("a mask in colours", replaced(MASK, picture(1)), "RGB, in"),
    data("a grey mask as RGB", replaced(MASK, np.repeat(stripes(0, 1)[..., None], 3, 2)), "its three channels are equal"),
    data("a mask with alpha", as_mode(MASK, "RGBA"), "RGBA"),
    data("a mask of floats", as_mode(MASK, "F", ".tif"), "a mask with class numbers"),
    data("a mask of 32 bits", both(removed(MASK), wide), "class numbers in one channel"),
    data("a mask in 16-bit colours", replaced(MASK, DEEP), "16-bit RGB"),
    data("a JPEG as mask", lambda folder: Image.open(folder / MASK).convert("RGB").save(folder / MASK, "JPEG"), "1.png is RGB"),
    data("a mask cut off", shortened(MASK, 0.6), "1.png"),
    data("a text as mask", replaced(MASK, b"0 1 0 1"), "1.png"),
    data("an image cut off", shortened(IMAGE, 0.6), "1.png"),
    data("a JPEG cut off", both(as_mode(IMAGE, "RGB", ".jpg"), shortened("d/images/1.jpg", 0.5)), "1.jpg"),
    data("an empty image", replaced(IMAGE, b""), "1.png"),
    data("a page as image", replaced(IMAGE, b"<html></html>"), "1.png"),
    data("an image of 4x4", both(replaced(IMAGE, picture(1, (4, 4))), replaced(MASK, np.zeros((4, 4), np.uint8))), "at least 8x8 pixels"),
    data("CMYK", as_mode(IMAGE, "CMYK", ".jpg"), "CMYK"),
    data("16-bit grey", replaced(IMAGE, stripes(0, 1).astype(np.uint16) * 257), "16-bit"),
    data("16-bit RGB", replaced(IMAGE, DEEP), "16-bit RGB"),
    data("floats", as_mode(IMAGE, "F", ".tif"), "1.tif is F"),
    data("transparent pixels", as_mode(IMAGE, "RGBA"), "with transparent pixels"),
    data("a size of no photo", replaced(IMAGE, png(100_000, 100_000)), "at most 300 megapixels", "MOBILESEG_MAX_PIXELS"),
    data("a size of no memory", both(removed(IMAGE), file("d/images/1.bmp", TALL)), "1.bmp"),
    data("a size of nothing", replaced(IMAGE, png(0, 0)), "1.png"),
    data("no end of rows", replaced(IMAGE, png(24, 16)), "1.png"),
    data("a folder called like an image", both(removed(IMAGE), empty_folder(IMAGE)), "1.png"),
    data("no val", lambda folder: [(folder / f"d/{k}").rename(folder / f"d/t{k}") for k in ("images", "masks")], "images/"),
    data("train without val", both(empty_folder("d/train"), *(moved(f"d/{k}", f"d/train/{k}") for k in ("images", "masks"))), "val/"),
    data("no groups", lambda folder: None, "a group for every image", more=("--groups", "^x")),
    data("no expression", lambda folder: None, "a regular expression", more=("--groups", "(")),
    data("too large an expression", lambda folder: None, "a regular expression", more=("--groups", "x{9999999999}")),
    data("one group", lambda folder: None, "at least 3 groups", more=("--groups", "(x?)")),
    bare("instances in colours", both(instances, replaced("d/instances/1.png", picture(1))), "instance numbers in one"),
    bare("instances of another size", both(instances, replaced("d/instances/1.png", np.zeros((9, 24), np.uint16))), "16x24"),
    bare("instances of nothing", both(instances, removed("d/instances/1.png")), "1 images without instances"),
    bare("a thing without a number", both(with_instances, replaced("d/instances/1.png", np.zeros(SIZE, np.uint16))), "an instance number"),
    bare("instances beside another mask", both(with_instances, replaced("d/instances/1.png", np.ones((8, 24), np.uint16))), "in one size"),
)  # fmt: skip
