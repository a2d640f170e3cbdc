"""Horizontal bars: beside each other, or stacked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mobileseg.latency.report.charts.figure import TIP, Rows, Spec, chart, color, names, numbers, plain
from mobileseg.latency.report.tags import NO_TAGS, Tags

BAR, GAP, ROW = 14, 8, 24  # pixels of a bar in a group, between groups, and of a row with a single bar
LONGEST_NAME = 48
ROOM = 1.16  # of the axis, for the values beside the bars


@dataclass(frozen=True)
class Bar:
    """A bar, or a part of a stacked bar. Bars of the same ``name`` form a group; ``color``: number of its colour; ``value``: its length,
    None if not measured; ``tip``: tooltip, ends in ``: `` and the value."""

    name: str
    color: int
    value: float | None
    tip: str
    tags: Tags = NO_TAGS


def bars(title: str, rows: Sequence[Bar], x_title: str, largest: float | None = None) -> Spec:
    """Bars from 0. ``largest``: end of the axis, where it is known."""
    grouped = len({row.name for row in rows}) < len(rows)
    data = [
        {
            "name": row.name, **({"series": row.color} if grouped else {}), "value": row.value or 0.0, "color": color(row.color),
            "tip": row.tip,
            "text": "not measured" if row.value is None else row.tip.rsplit(": ", 1)[-1], **row.tags.fields(),
        }
        for row in rows
    ]  # fmt: skip
    most = largest or max((row.value for row in rows if row.value is not None), default=0.0) or 1.0
    x = numbers("value", x_title, {"domain": [0, most * ROOM]})
    y = {"y": names(LONGEST_NAME)} | (
        {"yOffset": {"field": "series", "type": "nominal", "sort": None}} if grouped else {}
    )
    text = {"type": "text", "align": "left", "dx": 5, "color": "var(--muted)", "aria": False}
    return chart(
        title,
        {"bars": data},
        [
            {
                "data": {"name": "bars"}, "mark": {"type": "bar", "cornerRadiusEnd": 1, "minBandSize": 3},
                "encoding": {"x": x, **y, "color": plain("color"), "tooltip": TIP, "description": TIP},
            },
            {"data": {"name": "bars"}, "mark": text, "encoding": {"x": x, **y, "text": {"field": "text"}}},
        ],
        Rows("bars", BAR, GAP) if grouped else Rows("bars", ROW),
    )  # fmt: skip


def stacked(title: str, rows: Sequence[tuple[str, Sequence[Bar]]], x_title: str) -> Spec:
    """Stacked bars: each row is a name and its parts."""
    data = [
        {
            "name": name, "order": order, "value": part.value or 0.0, "color": color(part.color), "tip": part.tip, **part.tags.fields(),
        }
        for name, parts in rows
        for order, part in enumerate(parts)
    ]  # fmt: skip
    x = {**numbers("value", x_title, format="~s"), "stack": "zero"}
    order = {"field": "order", "type": "quantitative"}
    encoding = {
        "x": x,
        "y": names(LONGEST_NAME),
        "color": plain("color"),
        "order": order,
        "tooltip": TIP,
        "description": TIP,
    }
    layer = {"data": {"name": "bars"}, "mark": {"type": "bar"}, "encoding": encoding}
    return chart(title, {"bars": data}, [layer], Rows("bars", ROW))
