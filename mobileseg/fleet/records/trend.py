"""The trend of every cell: its figure from measurement to measurement, and where it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from mobileseg.document import Document, Part
from mobileseg.latency.results.changes import Change, changes, changes_of_each, exact_changes, switches

SAME = ("device", "machine", "model", "target", "precision", "size", "emit", "threads", "cores", "protocol")
"""What two measurements must agree in to be points of one trend. ``machine`` holds the system: an update of it begins a new trend."""


class Point(Part):
    """One measurement. ``value``: the protocol's figure in ms, or instructions; ``runtime``: its version; ``protocol``: digest of the
    protocol's numbers."""

    created: datetime
    key: str
    commit: str | None
    round: str | None
    runtime: str | None
    protocol: str
    value: float


class Step(Part):
    """A change of level. ``at``: index of the first point of the new one; ``ratio``: new over old; ``points``: how many have it.
    Points of one definition of the protocol are compared, no others.
    ``runtime_changed``: the runtime's version is another one, too."""

    at: int
    ratio: float
    points: int
    verdict: Literal["slower", "faster"]
    runtime_changed: bool


class Trend(Part):
    """``cell``: what its points agree in; ``unit``: ms or instructions. ``protocol_changes``: the points from which the protocol has other
    numbers under its name."""

    cell: dict[str, str]
    unit: Literal["ms", "instructions"]
    points: tuple[Point, ...]
    steps: tuple[Step, ...]
    protocol_changes: tuple[int, ...] = ()


class Trends(Document):
    """``left_out``: measurements that were incomplete or that their protocol refuses."""

    schema_version: Literal[1] = 1
    trends: tuple[Trend, ...]
    left_out: int


def trends(rows: Iterable[Mapping[str, Any]]) -> Trends:
    """The trends in the rows of the table ``series``, of every cell that was measured twice or more."""
    cells: dict[tuple[str, ...], dict[str, list[Mapping[str, Any]]]] = {}
    left_out = 0
    for row in rows:
        if not row["complete"] or row["refused"]:
            left_out += 1
            continue
        cell = tuple(str(row[name]) for name in SAME)
        cells.setdefault(cell, {}).setdefault(str(row["key"]), []).append(row)
    found = [_trend(cell, list(points.values())) for cell, points in sorted(cells.items()) if len(points) > 1]
    return Trends(trends=tuple(found), left_out=left_out)


def _trend(cell: tuple[str, ...], measured: list[list[Mapping[str, Any]]]) -> Trend:
    points = sorted((_point(rows) for rows in measured), key=lambda point: (point.created, point.key))
    counts = measured[0][0]["instructions"] is not None
    within = {str(rows[0]["protocol_definition"]): float(rows[0]["within"]) for rows in measured}

    def find(protocol: str, values: list[float]) -> list[Change]:
        return exact_changes(values) if counts else changes(values, within[protocol])

    protocols = ["" if counts else point.protocol for point in points]  # counts are of one run, whatever the protocol
    steps = []
    for earlier, change in changes_of_each(protocols, [point.value for point in points], find):
        before, after = points[earlier], points[change.at]
        steps.append(
            Step(
                at=change.at, ratio=change.ratio, points=change.points, verdict="slower" if change.ratio > 1 else "faster",
                runtime_changed=before.runtime != after.runtime,
            )
        )  # fmt: skip
    return Trend(
        cell=dict(zip(SAME, cell, strict=True)),
        unit="instructions" if counts else "ms",
        points=tuple(points),
        steps=tuple(steps),
        protocol_changes=switches(protocols),
    )


def _point(rows: list[Mapping[str, Any]]) -> Point:
    """One measurement; of several repetitions the median."""
    import statistics

    first = rows[0]
    name = "instructions" if first["instructions"] is not None else f"{first['figure']}_ms"
    return Point(
        created=first["created"], key=first["key"], commit=first["commit"], round=first["round"], runtime=first["runtime"],
        protocol=str(first["protocol_definition"]),
        value=float(statistics.median(row[name] for row in rows)),
    )  # fmt: skip
