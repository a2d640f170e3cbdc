"""Table cells: rounded text, with the exact number beside it for sorting and for checks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mobileseg.latency.report.tags import Tags

NOT_MEASURED = "not measured"
NOT_STATED = "not stated"
THIN_SPACE = "\u202f"  # between thousands


@dataclass(frozen=True)
class Cell:
    """One cell. ``value``: the number exactly as in the JSON (None for text and for what was not measured); ``second``: smaller text
    below; ``mark``: CSS class of a verdict; ``field``: the JSON field."""

    text: str
    value: float | None = None
    second: str = ""
    mark: str = ""
    field: str = ""


@dataclass(frozen=True)
class Column:
    """``numeric``: aligned to the right. ``note``: explanation of the title, shown as a tooltip."""

    title: str
    numeric: bool = True
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption. Every row has as many cells as ``columns``; its first cell is the row's header. ``tags``: of each row, for
    the filters; empty where the filters do not touch the table."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    tags: tuple[Tags, ...] = ()

    def tagged(self) -> tuple[tuple[tuple[Cell, ...], Tags], ...]:
        """The rows with their tags."""
        return tuple(zip(self.rows, self.tags or (Tags(),) * len(self.rows), strict=True))


def known(value: float | None) -> bool:
    """Whether ``value`` was measured: neither None nor NaN."""
    return value is not None and not math.isnan(value)


def in_percent(ends: tuple[float, float]) -> tuple[float, float] | None:
    """An interval of a share in 0..1 as percentages, for a chart; None if an end was not measured."""
    return (100 * ends[0], 100 * ends[1]) if known(ends[0]) and known(ends[1]) else None


def number(value: float | None, digits: int = 2, scale: float = 1.0, unit: str = "", field: str = "") -> Cell:
    """``scale * value`` with ``digits`` decimals and a unit; the cell's own value is not scaled."""
    if value is None or math.isnan(value):
        return Cell(NOT_MEASURED, field=field)
    text = f"{value * scale:,.{digits}f}" if math.isfinite(value) else "∞" if value > 0 else "-∞"
    return Cell(text.replace(",", THIN_SPACE) + unit, value, field=field)


def percent(value: float | None, digits: int = 2, field: str = "") -> Cell:
    """A share in 0..1 as a percentage."""
    return number(value, digits, 100, " %", field)


def count(value: float | None, field: str = "") -> Cell:
    """An integer."""
    return number(value, 0, field=field)


def decibel(value: float | None, field: str = "") -> Cell:
    """A figure in dB."""
    return number(value, 1, unit=" dB", field=field)


def megabytes(value: float | None, field: str = "") -> Cell:
    """Bytes as MB (10**6 bytes)."""
    return number(value, 2, 1e-6, " MB", field)


def interval(ends: tuple[float, float] | None, digits: int = 2, scale: float = 100.0, sign: str = "") -> str:
    """A 95 % interval as text."""
    if ends is None or not (known(ends[0]) and known(ends[1])):
        return f"95 %: {NOT_MEASURED}"
    low, high = (f"{round(scale * end, digits) + 0.0:{sign}.{digits}f}" for end in ends)  # + 0.0: no negative zero
    return f"95 %: {low} … {high}"


def points(value: float | None, field: str = "") -> Cell:
    """A difference of two shares in percentage points, with its sign."""
    if value is None or math.isnan(value):
        return Cell(NOT_MEASURED, field=field)
    text = f"{100 * value:+.2f}"
    return Cell("0.00" if float(text) == 0 else text, value, field=field)


def text_cell(text: object, second: str = "") -> Cell:
    """A cell of text; None is "not stated"."""
    return Cell(NOT_STATED if text is None else str(text), second=second)


def verdict(text: str) -> Cell:
    """A verdict: PASS, FAIL or UNKNOWN of a gate, or that of a change."""
    return Cell(text, mark=text.lower())
