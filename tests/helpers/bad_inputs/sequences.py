"""Sequences of frames that do not belong together, and flow that does not belong to them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from films import film, write_film
from PIL import Image

from bad_inputs.case import Case, Make, both, empty_folder, file, nothing

COMPARE = ("compare", "a.onnx", "--data", "samples", "--sequence", "s")
FLOW, FRAME = "s/flow/0001.npz", "s/images/0001.png"
SIZE = (64, 96)


def drive(folder: Path) -> None:
    """``s``, a sequence of three frames with flow and labels."""
    write_film(folder / "s", film(3))


def sequence(name: str, change: Callable[[Path], object], *words: str, start: Make = drive) -> Case:
    return Case(f"sequence: {name}", COMPARE, words, both(start, change))


def unordered(folder: Path) -> None:
    (folder / "s").mkdir()
    for number in (9, 10):
        Image.new("RGB", (32, 32)).save(folder / "s" / f"f{number}.png")


def half(folder: Path) -> None:
    """Two drives, one with flow."""
    for name in "ab":
        write_film(folder / "s" / name, film(2), flow=name == "a")


def flow(name: str, content: bytes | Callable[[], bytes], *words: str) -> Case:
    def make(folder: Path) -> None:
        (folder / FLOW).write_bytes(content if isinstance(content, bytes) else content())

    return sequence(f"flow, {name}", make, "0001.npz", *words)


def arrays(**other: np.ndarray) -> Callable[[], bytes]:
    def content() -> bytes:
        stream = io.BytesIO()
        np.savez(stream, **{"motion": np.zeros((*SIZE, 2), np.int16), "seen": np.ones(SIZE, bool), **other})
        return stream.getvalue()

    return content


def archive(**members: bytes) -> Callable[[], bytes]:
    """An .npz of these members, whatever they hold."""

    def content() -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as packed:
            for name, member in members.items():
                packed.writestr(f"{name}.npy", member)
        return stream.getvalue()

    return content


def header(text: str) -> bytes:
    """The start of an array that says this of itself."""
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def saved(**content: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **content)
    return stream.getvalue()


def array(content: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, content)
    return stream.getvalue()


HUGE = header("{'descr': '<i2', 'fortran_order': False, 'shape': (1000000, 1000000, 2), }")
BAD = header("{'descr': '<i2', 'fortran_order': False, 'shape': (")
OBJECTS = header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }")
CASES = (
    sequence("none", nothing, "no folder at s", start=nothing),
    sequence("a file", file("s", b"x"), "no folder at s", start=nothing),
    sequence("empty", empty_folder("s"), "none directly in s", start=nothing),
    sequence("one frame", lambda folder: write_film(folder / "s", film(1)), "at least two frames", start=nothing),
    sequence("a frame of another size", lambda folder: Image.new("RGB", (96, 60)).save(folder / FRAME), "60x96"),
    sequence("a frame cut off", lambda folder: (folder / FRAME).write_bytes((folder / FRAME).read_bytes()[:300]), "0001.png"),
    sequence("a text as frame", file(FRAME, b"x"), "0001.png"),
    sequence("names out of order", unordered, "leading zeros", start=nothing),
    sequence("flow missing", lambda folder: (folder / FLOW).unlink(), "0001.npz missing"),
    sequence("flow left over", lambda folder: (folder / FLOW).with_name("0009.npz").write_bytes(b""), "0009.npz left over"),
    sequence("flow in one drive of two", half, "1 of 2", start=nothing),
    sequence("a mask missing", lambda folder: (folder / "s/masks/0001.png").unlink(), "without a mask"),
    sequence("a mask of another size", lambda folder: Image.new("L", (90, 64)).save(folder / "s/masks/0001.png"), "64x96 pixels"),
    sequence("no classes", lambda folder: (folder / "s/classes.json").unlink(), "classes"),
    sequence("classes cut off", file("s/classes.json", b'{"names": ['), "classes.json"),
    flow("empty", b""),
    flow("a text", b"flow"),
    flow("cut off", lambda: arrays()()[:500]),
    flow("another size", arrays(motion=np.zeros((60, 96, 2), np.int16), seen=np.ones((60, 96), bool)), "64x96"),
    flow("floats", arrays(motion=np.zeros((*SIZE, 2), np.float32)), "float32"),
    flow("numbers in place of truth", arrays(seen=np.ones(SIZE, np.uint8)), "uint8"),
    flow("without motion", lambda: saved(seen=np.ones(SIZE, bool))),
    flow("a single array", lambda: array(np.zeros(3))),
    flow("no arrays in it", archive(motion=b"text", seen=b"text")),
    flow("an array of no memory", archive(motion=HUGE, seen=HUGE)),
    flow("a broken header", archive(motion=BAD, seen=BAD)),
    flow("objects", archive(motion=OBJECTS, seen=OBJECTS)),
    flow("a member that is missing", archive(motion=HUGE)),
)  # fmt: skip
