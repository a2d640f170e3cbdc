"""Lists of layers to keep float, calibration images and recipes that an export cannot use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from layouts import picture, save
from PIL import Image

from bad_inputs.case import Case, Make, both, empty_folder, file, nothing
from bad_inputs.folders import DEEP, png

INT8 = ("export", "seaformer-tiny", "--target", "onnx", "--size", "64x64", "--int8")
HEAD = 'model = "seaformer-tiny"\n'
KEEP = f'{HEAD}[[keep]]\nlayer = "network.head"\nreason = "wide"\n'


def keep(name: str, content: bytes | str, *words: str) -> Case:
    return Case(
        f"keep-float: {name}",
        (*INT8, "--keep-float", "k.toml"),
        ("k.toml", *words) if words else ("k.toml",),
        file("k.toml", content),
    )


def calibration(name: str, make: Make, *words: str, more: tuple[str, ...] = ("--calibration", "c")) -> Case:
    return Case(f"calibration: {name}", (*INT8, *more), words, make)


def images(count: int, different: int | None = None, folder: str = "c") -> Make:
    """So many images, of which ``different`` differ."""

    def make(place: Path) -> None:
        for i in range(count):
            save(place / folder / f"{i:02}.png", picture(min(i, (different or count) - 1)))

    return make


def one(content: bytes, name: str = "x.png") -> Make:
    """Enough images, and one of this content."""
    return both(images(12), file(f"c/{name}", content))


def printed(folder: Path) -> None:
    images(12)(folder)
    Image.new("CMYK", (40, 40)).save(folder / "c" / "print.jpg")


def sound(folder: Path) -> None:
    images(12)(folder)
    Image.fromarray(np.zeros((4, 40, 3), np.uint8)).save(folder / "c" / "flat.png")


CASES = (
    Case("keep-float: no such file", (*INT8, "--keep-float", "k.toml"), ("k.toml", "mobileseg sensitivity")),
    Case("keep-float: a folder", (*INT8, "--keep-float", "k.toml"), ("k.toml",), empty_folder("k.toml")),
    Case("keep-float: of a float file", (*INT8[:-1], "--keep-float", "k.toml"), ("precision int8",), file("k.toml", KEEP)),
    Case("keep-float: of int8 weights", (*INT8[:-1], "--precision", "int8-weights", "--keep-float", "auto"), ("precision int8",)),
    keep("empty", b""),
    keep("no text", b"\xff\xfe"),
    keep("no TOML", "keep = ["),
    keep("JSON", '{"model": "seaformer-tiny", "keep": []}'),
    keep("too deep", "keep = " + "[" * 100_000),
    keep("of no model", '[[keep]]\nlayer = "x"\nreason = "y"\n', "model"),
    keep("of another model", KEEP.replace("tiny", "base"), "one for seaformer-base"),
    keep("of a later version", f"schema_version = 9\n{KEEP}", "schema_version"),
    keep("without a reason", f'{HEAD}[[keep]]\nlayer = "x"\n', "keep.0.reason"),
    keep("a text as list", f'{HEAD}keep = "network.head"\n', "keep"),
    keep("numbers as layers", f"{HEAD}keep = [1, 2]\n", "keep.0"),
    keep("an entry that nobody knows", f"{KEEP}\n[more]\nx = 1\n", "more"),
    keep("a size of three", f"size = [1, 2, 3]\n{KEEP}", "size"),
    calibration("no folder", nothing, "no folder at c"),
    calibration("an empty folder", empty_folder("c"), "none directly in c"),
    calibration("a file", file("c", b"x"), "no folder at c"),
    calibration("folders in it", lambda folder: save(folder / "c" / "a" / "1.png", picture(1)), "none directly in c"),
    calibration("too few", images(7), "8 distinct", "7 in c"),
    calibration("copies", images(20, 3), "8 distinct", "3 in c"),
    calibration("in CMYK", printed, "CMYK"),
    calibration("of four rows", sound, "at least 8x8 pixels"),
    calibration("a text", one(b"no image"), "x.png"),
    calibration("an empty file", one(b""), "x.png"),
    calibration("a page", one(b"<!DOCTYPE html>"), "x.png"),
    calibration("16 bits", one(DEEP), "16-bit RGB"),
    calibration("a size of no photo", one(png(100_000, 100_000)), "at most 300 megapixels"),
    calibration("HEIC alone", file("c/x.heic", b"x"), "left out 1 .heic"),
    calibration("another suffix", one(b"x", "x.webp"), "x.webp"),
    calibration("verified on itself", images(12), "none in c", more=("--calibration", "c", "--verify-data", "c")),
    calibration("verified on nothing", images(12), "no folder at v", more=("--calibration", "c", "--verify-data", "v")),
    calibration("verified on texts", both(images(12), file("v/x.png", b"x")), "x.png", more=("--calibration", "c", "--verify-data", "v")),
    calibration("another recipe", nothing, "did you mean histogram", more=("--recipe", "histogramm")),
    calibration("half a recipe", nothing, "a recipe", more=("--recipe", "+bias")),
    Case("calibration: a recipe of a float file", (*INT8[:-1], "--recipe", "minmax"), ("precision float32",)),
)  # fmt: skip
