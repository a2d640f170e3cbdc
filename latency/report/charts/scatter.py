"""Points with intervals, and the Pareto front among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mobileseg.latency.report.charts.figure import TIP, Row, Spec, chart, color, domain, numbers, plain
from mobileseg.latency.report.looks import Look
from mobileseg.latency.report.tags import NO_TAGS, Tags

HEIGHT = 260


@dataclass(frozen=True)
class Point:
    """``tip``: tooltip; ``y_range``: interval of ``y``; ``best``: on the Pareto front of its ``group``: only points of one group are
    compared, such as those of one device."""

    x: float
    y: float
    tip: str
    look: Look
    tags: Tags = NO_TAGS
    y_range: tuple[float, float] | None = None
    best: bool = False
    group: int = 0


def mark_pareto_front(dots: Iterable[Point]) -> list[Point]:
    """The points with ``best`` set on the Pareto front of their group: smaller ``x`` is better, larger ``y`` is better."""
    dots = list(dots)
    return [replace(p, best=not any(_is_better(o, p) for o in dots)) for p in dots]


def _is_better(other: Point, p: Point) -> bool:
    return other.group == p.group and other.x <= p.x and other.y >= p.y and (other.x, other.y) != (p.x, p.y)


def y_domain(points: Sequence[Point]) -> Spec:
    """The scale that holds all points and their intervals: the same for all panels."""
    return domain([end for p in points for end in (p.y, *(p.y_range or ()))])


def scatter(title: str, points: Sequence[Point], x_title: str, y_title: str, y_scale: Spec) -> Spec:
    """A chart of points of one group; a dashed step line joins the Pareto front."""
    rows: list[Row] = [
        {
            "x": p.x, "y": p.y, "low": p.y_range[0] if p.y_range else p.y, "high": p.y_range[1] if p.y_range else p.y,
            "color": color(p.look.color), "shape": p.look.shape, "tip": p.tip, **p.tags.fields(),
        }
        for p in points
    ]  # fmt: skip
    front = sorted((row for p, row in zip(points, rows, strict=True) if p.best), key=lambda row: row["x"])
    x = numbers("x", x_title, domain([p.x for p in points], log=True), format="~r")
    y = numbers("y", y_title, y_scale)
    line = {
        "type": "line",
        "interpolate": "step-after",
        "strokeDash": [5, 4],
        "color": "var(--muted)",
        "strokeWidth": 1.5,
    }
    point = {"type": "point", "filled": True, "size": 95, "opacity": 1, "stroke": "var(--paper)", "strokeWidth": 1}
    return chart(
        title,
        {"points": rows, "front": front},
        [
            {"data": {"name": "front"}, "mark": line, "encoding": {"x": x, "y": y}},
            {
                "data": {"name": "points"}, "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.6},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": plain("color")},
            },
            {
                "data": {"name": "points"}, "mark": point,
                "encoding": {"x": x, "y": y, "color": plain("color"), "shape": plain("shape"), "tooltip": TIP, "description": TIP},
            },
        ],
        HEIGHT,
    )  # fmt: skip
