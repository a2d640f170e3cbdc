"""The kinds of chart on the page: scatter, bars and stacked bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mobileseg.latency.report.svg import CHARACTER, WIDTH, Chart, Scale, color, place_labels, scale_of, shorten

LEFT, RIGHT, TOP, BOTTOM = 64.0, 24.0, 16.0, 48.0
MAX_NAME_WIDTH = 320.0  # pixels for the names of bars
VALUE_WIDTH = 110.0  # pixels for the values to the right of bars
BAR, GAP = 15.0, 10.0  # pixels: height of a bar, and between groups of bars


@dataclass(frozen=True)
class Figure:
    """A chart (SVG) with its caption. ``legend``: pairs of a series number, which sets the colour, and its label."""

    chart: str
    caption: str
    legend: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Point:
    """A point of a scatter chart. ``tip``: tooltip; ``series``: sets the colour; ``y_range``: interval of ``y``; ``best``: on the Pareto
    front."""

    x: float
    y: float
    label: str
    tip: str
    series: int
    y_range: tuple[float, float] | None = None
    best: bool = False


@dataclass(frozen=True)
class Bar:
    """A bar, or a part of a stacked bar. ``value``: its length, None if not measured; ``tip``: tooltip, ends in ``: `` and the value."""

    name: str
    series: int
    value: float | None
    tip: str


def name_width(names: Sequence[str]) -> float:
    """Pixels needed at the left for the names of rows."""
    return min(MAX_NAME_WIDTH, 24 + CHARACTER * max(map(len, names), default=0))


def mark_pareto_front(dots: Iterable[Point]) -> list[Point]:
    """The points with ``best`` set on the Pareto front: smaller ``x`` is better, larger ``y`` is better."""
    dots = list(dots)
    return [
        replace(p, best=not any(o.x <= p.x and o.y >= p.y and (o.x, o.y) != (p.x, p.y) for o in dots)) for p in dots
    ]


def scatter(title: str, points: Sequence[Point], x_title: str, y_title: str, log: bool = False) -> str:
    """SVG of labelled points with intervals; the Pareto front is a dashed step line. ``log``: logarithmic x axis."""
    chart = Chart(title, 380)
    ends = [end for p in points for end in (p.y, *(p.y_range or ()))]
    x = scale_of([p.x for p in points], LEFT, WIDTH - RIGHT - 190, log=log)
    y = scale_of(ends, chart.height - BOTTOM, TOP)
    chart.x_axis(x, TOP, chart.height - BOTTOM, x_title)
    chart.y_axis(y, LEFT, x.end, y_title)
    front = sorted((p for p in points if p.best), key=lambda p: p.x)
    if front:
        path = f"M{x(front[0].x):.1f} {y(front[0].y):.1f}"
        path += "".join(f"H{x(p.x):.1f}V{y(p.y):.1f}" for p in front[1:]) + f"H{x.end:.1f}"
        chart.add("path", "front", d=path)
    spots = [(x(p.x), y(p.y)) for p in points]
    baselines = place_labels(spots, [p.label for p in points])
    for p, (px, py), baseline in zip(points, spots, baselines, strict=True):
        if p.y_range:
            chart.add("line", f"whisker {color(p.series)}", x1=px, x2=px, y1=y(p.y_range[0]), y2=y(p.y_range[1]))
        chart.add("circle", f"dot {color(p.series)}", tip=p.tip, cx=px, cy=py, r=5.5, tabindex=0)
        chart.text(px + 9, baseline - 7, p.label)  # above the dashed line
    return chart.markup()


def bars(title: str, rows: Sequence[Bar], x_title: str, largest: float | None = None) -> str:
    """SVG of horizontal bars from 0; consecutive bars of the same name form a group. ``largest``: end of the axis."""
    groups: list[tuple[str, list[Bar]]] = []
    for row in rows:
        if groups and groups[-1][0] == row.name:
            groups[-1][1].append(row)
        else:
            groups.append((row.name, [row]))
    height = sum(len(group) * BAR + GAP for _, group in groups) + TOP + BOTTOM
    chart = Chart(title, height)
    values = [row.value for row in rows if row.value is not None]
    most = largest or max(values, default=0.0) or 1.0
    names = name_width([row.name for row in rows])
    x = Scale(0.0, most, names, WIDTH - RIGHT - VALUE_WIDTH)
    chart.x_axis(x, TOP, height - BOTTOM, x_title)
    y = TOP + GAP / 2
    for name, group in groups:
        middle = y + len(group) * BAR / 2 + 4
        chart.text(names - 10, middle, shorten(name, names - 14), anchor="end")
        for row in group:
            _bar(chart, row, x, y)
            y += BAR
        y += GAP
    return chart.markup()


def _bar(chart: Chart, row: Bar, x: Scale, y: float) -> None:
    if row.value is None:
        chart.text(x.begin + 6, y + BAR - 4, "not measured", "tick")
        return
    end = x(row.value)
    style = f"bar {color(row.series)}"
    chart.add("rect", style, tip=row.tip, x=x.begin, y=y + 1, width=max(end - x.begin, 0.5), height=BAR - 2, tabindex=0)
    chart.text(end + 6, y + BAR - 4, row.tip.rsplit(": ", 1)[-1], "tick")


def stacked(title: str, rows: Sequence[tuple[str, Sequence[Bar]]], x_title: str) -> str:
    """SVG of stacked horizontal bars: each row is a name and its parts."""
    row_height = BAR + 12
    chart = Chart(title, len(rows) * row_height + TOP + BOTTOM)
    most = max(sum(part.value or 0.0 for part in parts) for _, parts in rows) or 1.0
    names = name_width([name for name, _ in rows])
    x = Scale(0.0, most, names, WIDTH - RIGHT - 30)
    chart.x_axis(x, TOP, chart.height - BOTTOM, x_title)
    for index, (name, parts) in enumerate(rows):
        y, done = TOP + index * row_height + 4, 0.0
        chart.text(names - 10, y + BAR, shorten(name, names - 14), anchor="end")
        for part in parts:
            value = part.value or 0.0
            width = x(done + value) - x(done)
            chart.add("rect", f"bar {color(part.series)}", tip=part.tip, x=x(done), y=y, width=width, height=BAR + 4)
            done += value
    return chart.markup()
