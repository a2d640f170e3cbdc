"""Clock and temperature while something was measured. Of hundreds of readings a page holds a few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mobileseg.latency.report.charts.figure import TIP, Row, Spec, chart, color, domain, numbers, plain
from mobileseg.latency.report.looks import DASHES, SHAPES
from mobileseg.latency.report.tags import NO_TAGS, Tags

POINTS = 24  # of a line, at most
HEIGHT = 150
LEAST = {"GHz": 0.1, "°C": 4.0}  # of an axis: noise is not to look like a change

Unit = Literal["GHz", "°C"]


@dataclass(frozen=True)
class Trail:
    """One quantity at the moments ``at_s``, in seconds; ``values`` in ``unit``. ``limit``: what the clock could have been at most."""

    name: str
    unit: Unit
    at_s: Sequence[float]
    values: Sequence[float]
    limit: bool = False

    @property
    def span(self) -> float:
        """The share by which it changed."""
        return (max(self.values) - min(self.values)) / max(abs(max(self.values)), 1e-9)


def courses(title: str, trails: Sequence[Trail], scale: Spec, tags: Tags = NO_TAGS) -> Spec:
    """Lines over time; limits of clocks are steps, dashed."""
    names = list(dict.fromkeys(trail.name for trail in trails))
    rows = [row for trail in trails for row in _rows(trail, 1 + names.index(trail.name), tags)]
    x = numbers("at", "seconds since the start of the process", domain([row["at"] for row in rows]), tickCount=5)
    y = numbers("value", trails[0].unit, scale, tickCount=4)
    line = {"x": x, "y": y, "color": plain("color"), "strokeDash": plain("dash"), "detail": {"field": "name"}}
    point = {"x": x, "y": y, "color": plain("color"), "shape": plain("shape"), "tooltip": TIP, "description": TIP}
    return chart(
        title,
        {"readings": rows},
        [
            {"data": {"name": "readings"}, "mark": {"type": "line", "strokeWidth": 1.5}, "encoding": line},
            {"data": {"name": "readings"}, "mark": {"type": "point", "filled": True, "size": 18, "opacity": 1}, "encoding": point},
        ],
        HEIGHT,
    )  # fmt: skip


def scale_of(trails: Iterable[Trail]) -> Spec:
    """The scale that holds all of one unit, the same for all panels."""
    every = list(trails)
    values = [value for trail in every for value in trail.values]
    middle, half = (min(values) + max(values)) / 2, LEAST[every[0].unit] / 2
    return domain([*values, middle - half, middle + half])


def _rows(trail: Trail, number: int, tags: Tags) -> Iterator[Row]:
    look = 1 if trail.limit else 0
    label = f"limit of {trail.name}" if trail.limit else trail.name
    for index in _some(trail.values):
        at, value = float(trail.at_s[index]), float(trail.values[index])
        yield {
            "name": label, "at": at, "value": value, "color": color(number), "dash": list(DASHES[look]), "shape": SHAPES[look],
            "tip": f"{label}, at {at:.1f} s: {value:.2f} {trail.unit}", **tags.fields(),
        }  # fmt: skip


def _some(values: Sequence[float]) -> list[int]:
    """The first and the last reading of each of a few parts of equal length, with the least and the most of it."""
    if len(values) <= POINTS:
        return list(range(len(values)))
    found = {0, len(values) - 1}
    for part in np.array_split(np.arange(len(values)), (POINTS - 2) // 2):
        here = np.asarray(values)[part]
        found |= {int(part[here.argmin()]), int(part[here.argmax()])}
    return sorted(found)
