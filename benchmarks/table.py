"""results/zoo.json as Markdown, one line a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

File = dict[str, Any]
HEAD = (
    "model", "input", "MB", "partitions, outside", "original's", "float32 ms", ": original", "int8 : float32", ": original int8",
    "peak MB", "original's peak", "int8 SQNR",
)  # fmt: skip


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """``rows`` as ``zoo.py`` writes them."""
    lines = [HEAD, ("---",) * len(HEAD), *(_line(row) for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    files: dict[tuple[str, str], File] = {(f["form"], f["precision"]): f for f in row["files"]}
    base = next((form for form, _ in files if form not in ("deploy", "original")), "original")
    float32, int8 = files["deploy", "float32"], files["deploy", "int8"]
    originals = files["original", "float32"], files["original", "int8"]
    bases = files[base, "float32"], files[base, "int8"]
    peaks, others = (" / ".join(_value(f, "peak_bytes", 1e6, 0) for f in pair) for pair in ((float32, int8), bases))
    return (
        row["model"],
        "x".join(map(str, row["size"])),
        " / ".join(_value(f, "size_bytes", 1e6, 2) for f in (float32, int8)),
        " / ".join(_held(f) for f in (float32, int8)),
        " / ".join(_held(f) for f in originals),
        _value(float32, "median_ms", 1.0, 1),
        _ratio(float32, bases[0], base),
        _ratio(int8, float32, "original"),
        _ratio(int8, bases[1], base),
        peaks,
        others + _of(base),
        _value(int8, "sqnr_db", 1.0, 1, " dB"),
    )


def _value(file: File, key: str, unit: float, digits: int, suffix: str = "") -> str:
    figure = file.get(key)
    return "not measured" if figure is None else f"{figure / unit:.{digits}f}{suffix}"


def _held(file: File) -> str:
    """How the delegate holds it: one partition and nothing outside is what is wanted."""
    if "partitions" not in file:
        return str(file["failure"]).partition(":")[0]
    held = f"{file['partitions']}, {file['operators_outside']}"
    return f"{held}, does not load" if file["failure"] else held


def _ratio(file: File, base: File, name: str) -> str:
    if "median_ms" not in file or "median_ms" not in base:
        return "not measured"
    return f"{file['median_ms'] / base['median_ms']:.2f}{_of(name)}"


def _of(base: str) -> str:
    return "" if base == "original" else f" of {base}"
