"""Parquet files that are damaged, or hold something else than images and masks."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np
from layouts import classes_json, picture, stripes
from PIL import Image

from bad_inputs.case import Case, Make, both, file
from bad_inputs.folders import FINETUNE

HERE = importlib.util.find_spec("pyarrow") is not None
PLACE = "d/a.parquet"
NAMED = file("d/classes.json", '{"names": ["a", "b"]}')


def encoded(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def cells(value: bytes | None, name: object = "x{}.png") -> list[dict[str, object]]:
    """Six images of the same bytes. ``name``: of each, with its number."""
    return [{"bytes": value, "path": name.format(i) if isinstance(name, str) else name} for i in range(6)]


def table(**columns: Any) -> Make:
    """Columns as Hugging Face's ``datasets`` writes them, in place of the usual ones; None leaves a column out."""

    def make(folder: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        usual = {
            "image": [{"bytes": encoded(picture(i)), "path": f"{i}.png"} for i in range(6)],
            "mask": [{"bytes": encoded(stripes(0, 1)), "path": f"{i}.png"} for i in range(6)],
        }
        (folder / "d").mkdir()
        chosen = {name: column for name, column in {**usual, **columns}.items() if column is not None}
        pq.write_table(pa.table({name: pa.array(column) for name, column in chosen.items()}), folder / PLACE)
        classes_json(folder / "d", names=["a", "b"])

    return make


def damaged(start: float, length: int) -> Make:
    """Bytes in the middle that are others."""

    def make(folder: Path) -> None:
        table()(folder)
        content = bytearray((folder / PLACE).read_bytes())
        place = int(start * len(content))
        content[place : place + length] = b"\xff" * length
        (folder / PLACE).write_bytes(content)

    return make


def kept(share: float) -> Make:
    def make(folder: Path) -> None:
        table()(folder)
        content = (folder / PLACE).read_bytes()
        (folder / PLACE).write_bytes(content[: int(share * len(content))])

    return make


def parquet(name: str, make: Make, *words: str, more: tuple[str, ...] = ()) -> Case:
    return Case(f"parquet: {name}", (*FINETUNE, *more), words, make, needs="pyarrow")


CASES = (
    parquet("no such file", both(NAMED, file(PLACE, b"PAR1 no more")), "a parquet file", "a.parquet"),
    parquet("empty", both(NAMED, file(PLACE, b"")), "a parquet file"),
    *(parquet(f"cut at {share:g}", kept(share), "a.parquet") for share in (0.001, 0.5, 0.99)),
    parquet("damaged numbers", damaged(0.2, 900), "a.parquet"),
    parquet("a damaged footer", damaged(0.93, 100), "a.parquet"),
    parquet("no classes", both(table(), lambda folder: (folder / "d/classes.json").unlink()), "--classes"),
    parquet("no masks", table(mask=None), "a column of images", "columns image"),
    parquet("other columns", table(image=None, photo=cells(b"x")), "columns"),
    parquet("columns of numbers", table(image=[1] * 6), "a column of images"),
    parquet("columns of texts", table(image=["x.png"] * 6), "a column of images"),
    parquet("no bytes in a cell", table(image=cells(None)), "a.parquet, image of x0.png"),
    parquet("no image in a cell", table(image=cells(b"<html></html>")), "a.parquet, image of x0.png"),
    parquet("no mask in a cell", table(mask=cells(b"mask")), "a.parquet"),
    parquet("names that are numbers", table(image=cells(b"x", 7)), "names of images"),
    parquet("a value too large", table(mask=cells(encoded(stripes(0, 9)))), "labels 0..1", "9"),
    parquet("a mask of another size", table(mask=cells(encoded(np.zeros((9, 9), np.uint8)))), "16x24 pixels"),
    parquet("no rows", table(image=cells(b"")[:0], mask=cells(b"")[:0]), "a.parquet"),
    parquet("a column that is none", table(), "columns of images", more=("--data-format", "parquet:image,truth")),
    parquet("one column", table(), "two columns", more=("--data-format", "parquet:image")),
)  # fmt: skip
