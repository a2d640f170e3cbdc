"""Heat maps: a figure for each pair of names, in a cell whose shade says how large it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mobileseg.latency.report.charts.figure import TIP, Rows, Spec, chart, names, plain
from mobileseg.latency.report.tags import NO_TAGS, Tags

STOPS = ((227, 238, 249), (181, 212, 234), (116, 179, 216), (57, 137, 193), (19, 95, 167), (8, 55, 111))  # one hue
STEP = 26  # pixels of a row
DARK = 0.55  # from this shade on the text is white
LEVEL = 48  # characters of all columns, if each were as long as the longest
NONE = "–"


@dataclass(frozen=True)
class Cell:
    """``value``: None if not measured; ``text``: the figure as it is shown; ``tip``: tooltip."""

    column: str
    row: str
    value: float | None
    text: str
    tip: str
    tags: Tags = NO_TAGS


def heat(title: str, cells: Sequence[Cell], log: bool = False, ends: tuple[float, float] | None = None) -> Spec:
    """Light cells are low. ``ends``: of the shades, the same for all panels; ``log``: shades follow ratios."""
    values = [cell.value for cell in cells if cell.value is not None]
    low, high = ends or (min(values, default=0.0), max(values, default=1.0))
    data = [{**_look(cell, low, high, log), **cell.tags.fields()} for cell in cells]
    x = {
        "field": "column", "type": "nominal", "sort": None,
        "axis": {"title": None, "orient": "top", **_turned(cells), "labelColor": "var(--ink)", "ticks": False, "domain": False,
                 "labelLimit": 150},
    }  # fmt: skip
    places = {"x": x, "y": names()}
    rect = {"type": "rect", "stroke": "var(--paper)", "strokeWidth": 2}
    return chart(
        title,
        {"cells": data},
        [
            {
                "data": {"name": "cells"}, "mark": rect,
                "encoding": {**places, "color": plain("color"), "tooltip": TIP, "description": TIP},
            },
            {
                "data": {"name": "cells"}, "mark": {"type": "text", "aria": False},
                "encoding": {**places, "text": {"field": "text"}, "color": plain("ink"), "tooltip": TIP},
            },
        ],
        Rows("cells", STEP),
    )  # fmt: skip


def _turned(cells: Sequence[Cell]) -> dict[str, object]:
    """How names of columns are written: slanted where they are too long beside each other."""
    columns = {cell.column for cell in cells}
    if max(map(len, columns), default=0) * len(columns) <= LEVEL:
        return {"labelAngle": 0, "labelOverlap": False}
    return {"labelAngle": -35, "labelAlign": "left", "labelOverlap": False}


def _look(cell: Cell, low: float, high: float, log: bool) -> dict[str, object]:
    row = {"column": cell.column, "name": cell.row, "text": cell.text, "tip": cell.tip}
    if cell.value is None:
        return {**row, "text": NONE, "color": "var(--raised)", "ink": "var(--muted)"}
    level = shade(cell.value, low, high, log)
    return {**row, "color": color_of(level), "ink": "#ffffff" if level > DARK else "#10202e"}


def shade(value: float, low: float, high: float, log: bool) -> float:
    """Where between the ends a value is, 0..1."""
    if log and low > 0:
        value, low, high = (math.log(v) for v in (value, low, high))
    return 0.5 if high <= low else min(max((value - low) / (high - low), 0.0), 1.0)


def color_of(level: float) -> str:
    """The colour of a shade."""
    place = level * (len(STOPS) - 1)
    first = min(int(place), len(STOPS) - 2)
    mixed = (round(a + (place - first) * (b - a)) for a, b in zip(STOPS[first], STOPS[first + 1], strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
