"""Lines over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mobileseg.latency.report.charts.figure import TIP, Row, Spec, chart, color, domain, numbers, plain, share
from mobileseg.latency.report.looks import Look
from mobileseg.latency.report.tags import NO_TAGS, Tags

HEIGHT = 240
FAINT = 0.35
LEAST = (95.0, 105.0)  # percent


@dataclass(frozen=True)
class Spot:
    """A point of a line. ``at_ms``: since 1970 in UTC; ``value``: in percent; ``ringed``: its level is a new one; ``part``: a line joins
    the points of one part only."""

    at_ms: int
    value: float
    tip: str
    ringed: bool = False
    part: int = 0


@dataclass(frozen=True)
class Line:
    """``strong``: drawn before the others."""

    label: str
    look: Look
    spots: tuple[Spot, ...]
    strong: bool
    tags: Tags = NO_TAGS


def value_domain(every: Iterable[Line]) -> Spec:
    """The scale that holds all lines, the same for all panels, and no less than ``LEAST``: noise is not to look like a change."""
    return domain([*LEAST, *(spot.value for line in every for spot in line.spots)])


def lines(title: str, every: Sequence[Line], y_scale: Spec) -> Spec:
    """Lines of percentages of their beginnings."""
    rows: list[Row] = [
        {
            "name": line.label, "part": f"{line.label} {spot.part}", "at": spot.at_ms, "value": spot.value, "tip": spot.tip,
            "ringed": spot.ringed, "shape": line.look.shape, "color": color(line.look.color), "dash": list(line.look.dash),
            "opacity": 1.0 if line.strong else FAINT, **line.tags.fields(),
        }
        for line in sorted(every, key=lambda line: line.strong)
        for spot in line.spots
    ]  # fmt: skip
    times = [row["at"] for row in rows]
    x = {
        "field": "at", "type": "temporal", "scale": {"type": "utc", "domain": [_date(min(times)), _date(max(times))]},
        "axis": {"title": None, "tickCount": 5, "grid": False, "labelFlush": True},
    }  # fmt: skip
    y = numbers("value", "% of the first", y_scale)
    place = {"x": x, "y": y, "color": plain("color"), "opacity": share("opacity")}
    point = {"type": "point", "filled": True, "size": 36}
    ring = {"type": "point", "shape": "circle", "size": 190, "strokeWidth": 2, "filled": False}
    return chart(
        title,
        {"spots": rows},
        [
            {
                "data": {"name": "spots"}, "mark": {"type": "line", "strokeWidth": 1.8},
                "encoding": {**place, "strokeDash": plain("dash"), "detail": {"field": "part"}},
            },
            {
                "data": {"name": "spots"}, "mark": point,
                "encoding": {**place, "shape": plain("shape"), "tooltip": TIP, "description": TIP},
            },
            {"data": {"name": "spots"}, "transform": [{"filter": "datum.ringed"}], "mark": ring, "encoding": {**place, "tooltip": TIP}},
        ],
        HEIGHT,
    )  # fmt: skip


def _date(at_ms: int) -> Spec:
    """As Vega-Lite takes the ends of an axis of time."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return {
        "year": at.year, "month": at.month, "date": at.day, "hours": at.hour, "minutes": at.minute, "seconds": at.second, "utc": True,
    }  # fmt: skip
