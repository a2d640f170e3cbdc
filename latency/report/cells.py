"""Figures as a page shows them: rounded text, with the exact number beside it for sorting and for whoever checks."""

from __future__ import annotations

import math
from dataclasses import dataclass

NOT_MEASURED = "not measured"
THIN_SPACE = "\u202f"  # between thousands


@dataclass(frozen=True)
class Cell:
    """``value``: the number exactly as in the JSON (None for words and for what was not measured). ``second``: smaller text below;
    ``mark``: a verdict, shown as such; ``field``: what of the JSON this is."""

    text: str
    value: float | None = None
    second: str = ""
    mark: str = ""
    field: str = ""


@dataclass(frozen=True)
class Column:
    """``numeric``: aligned to the right, and sorted by value. ``note``: what the title does not say."""

    title: str
    numeric: bool = True
    note: str = ""


@dataclass(frozen=True)
class Table:
    """``caption`` says what is in it; every row is as long as ``columns``, its first cell is its head."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def known(value: float | None) -> bool:
    """Whether it is a number: None and NaN are "not measured"."""
    return value is not None and not math.isnan(value)


def in_percent(ends: tuple[float, float]) -> tuple[float, float] | None:
    """An interval of a ratio in 0..1, for a chart; None where an end is not a number."""
    return (100 * ends[0], 100 * ends[1]) if known(ends[0]) and known(ends[1]) else None


def number(value: float | None, digits: int = 2, scale: float = 1.0, unit: str = "", field: str = "") -> Cell:
    """``scale * value`` with so many digits and a unit; the cell's own value is not scaled."""
    if value is None or math.isnan(value):
        return Cell(NOT_MEASURED, field=field)
    text = f"{value * scale:,.{digits}f}" if math.isfinite(value) else "∞" if value > 0 else "-∞"
    return Cell(text.replace(",", THIN_SPACE) + unit, value, field=field)


def percent(value: float | None, digits: int = 2, field: str = "") -> Cell:
    """A ratio in 0..1 as a percentage."""
    return number(value, digits, 100, " %", field)


def count(value: float | None, field: str = "") -> Cell:
    """A whole number."""
    return number(value, 0, field=field)


def decibel(value: float | None, field: str = "") -> Cell:
    """A figure in dB."""
    return number(value, 1, unit=" dB", field=field)


def megabytes(value: float | None, field: str = "") -> Cell:
    """Bytes as MB of 10**6."""
    return number(value, 2, 1e-6, " MB", field)


def interval(ends: tuple[float, float] | None, digits: int = 2, scale: float = 100.0, sign: str = "") -> str:
    """A 95 % interval in words."""
    if ends is None or not (known(ends[0]) and known(ends[1])):
        return f"95 %: {NOT_MEASURED}"
    low, high = (f"{round(scale * end, digits) + 0.0:{sign}.{digits}f}" for end in ends)  # + 0.0: no negative zero
    return f"95 %: {low} … {high}"


def points(value: float | None, field: str = "") -> Cell:
    """A difference of two ratios, in points of a hundred, with its sign."""
    if value is None or math.isnan(value):
        return Cell(NOT_MEASURED, field=field)
    text = f"{100 * value:+.2f}"
    return Cell("0.00" if float(text) == 0 else text, value, field=field)


def words(text: object, second: str = "") -> Cell:
    """Text; None is "not said"."""
    return Cell("not said" if text is None else str(text), second=second)


def verdict(text: str) -> Cell:
    """PASS, FAIL, UNKNOWN, and what differences say."""
    return Cell(text, mark=text.lower())
