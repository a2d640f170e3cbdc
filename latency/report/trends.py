"""The section on files that were measured several times: how their figures went, and where they changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mobileseg.latency.report.cells import Cell, Column, Table, count, number, text_cell, verdict
from mobileseg.latency.report.charts.figure import Figure, Panel
from mobileseg.latency.report.charts.lines import Line, Spot, lines, value_domain
from mobileseg.latency.report.looks import Looks
from mobileseg.latency.report.tags import Tags
from mobileseg.latency.report.tracks import Measured, Place, Track, file_names, place_names
from mobileseg.latency.results.changes import Change, changes, changes_of_each, exact_changes, switches
from mobileseg.latency.results.diff import told_apart

COLUMNS = (
    Column("File", numeric=False),
    Column("Device and threads", numeric=False),
    Column("Measured", note="measurements that are complete and that their protocol takes"),
    Column("First", note="with the protocol's numbers of the latest"),
    Column("Latest"),
    Column(
        "Change", note="new level over old where the level last changed by more than the protocol takes for no change"
    ),
    Column("Verdict", numeric=False),
    Column("Since", numeric=False),
)

FEWEST = 3  # measurements that can show a change


@dataclass(frozen=True)
class Step:
    """A change of level. ``at``: index of the first point of the new one; ``ratio``: new over old; ``said``: what else is not as before,
    such as the runtime's version or the unit."""

    at: int
    ratio: float
    said: tuple[str, ...]


@dataclass(frozen=True)
class Trend:
    """A file with two good measurements or more. ``points``: those; ``place_name``: device and threads in words; ``switches``: points
    from which the protocol has other numbers. Levels are compared within one definition of the protocol only."""

    label: str
    place_name: str
    points: tuple[Measured, ...]
    steps: tuple[Step, ...]
    switches: tuple[int, ...] = ()

    @property
    def values(self) -> list[float]:
        """The figures, in ms or instructions."""
        return [point.value for point in self.points if point.value is not None]

    @property
    def counts(self) -> bool:
        """Whether the figures are instructions, which repeat exactly."""
        return self.points[0].result.quantity == "counts"

    @property
    def decided(self) -> bool:
        """Whether it could show a change: of two points with noise nobody knows what is level and what is noise."""
        return self.counts or max(Counter(self.protocols).values()) >= FEWEST

    @property
    def protocols(self) -> list[str]:
        """The definition of the protocol of each point; of counts, which no protocol changes, the same."""
        return _protocols(self.points)

    @property
    def since(self) -> int:
        """The first point that the latest one may be compared with."""
        return self.protocols.index(self.protocols[-1])

    @property
    def place(self) -> Place:
        """Where it was measured."""
        return self.points[0].place

    @property
    def tags(self) -> Tags:
        """For the filters."""
        return self.points[-1].tags

    def when(self, at: int) -> datetime:
        """When a measurement was taken."""
        return self.points[at].result.created


def trends(every: Sequence[Track]) -> list[Trend]:
    """The trends of all tracks with two good measurements or more."""
    names = place_names(track.latest.place for track in every)
    return [
        Trend(label, names[track.latest.place], track.good, _steps(track.good), switches(_protocols(track.good)))
        for label, track in zip(file_names(every), every, strict=True)
        if len(track.good) > 1
    ]


def _steps(points: Sequence[Measured]) -> tuple[Step, ...]:
    values = [point.value for point in points if point.value is not None]
    counts = points[-1].result.quantity == "counts"
    within = {point.result.protocol.definition: point.result.protocol.within for point in points}

    def find(protocol: str, figures: list[float]) -> list[Change]:
        return exact_changes(figures) if counts else changes(figures, within[protocol])

    return tuple(
        Step(one.at, one.ratio, tuple(told_apart(points[before].result, points[one.at].result)))
        for before, one in changes_of_each(_protocols(points), values, find)
    )


def _protocols(points: Sequence[Measured]) -> list[str]:
    counts = points[-1].result.quantity == "counts"
    return ["" if counts else point.result.protocol.definition for point in points]


def table(found: Sequence[Trend]) -> Table:
    """One row per trend, those that changed first."""
    ranked = sorted(found, key=lambda one: not one.steps)
    return Table(
        "Files that were measured several times",
        COLUMNS,
        tuple(_row(one) for one in ranked),
        tuple(one.tags for one in ranked),
    )


def _row(one: Trend) -> tuple[Cell, ...]:
    digits, unit = (0, "") if one.counts else (2, " ms")
    step = one.steps[-1] if one.steps else None
    head = (
        text_cell(one.label),
        text_cell(one.place_name),
        replace(count(len(one.points), "measurements"), second=_switched(one)),
        number(one.values[one.since], digits, unit=unit, field="first"),
        number(one.values[-1], digits, unit=unit, field="latest"),
    )
    if step is None:
        state = Cell("steady", mark="steady") if one.decided else Cell("too few", mark="unknown")
        return (*head, Cell("none"), state, Cell("–"))
    since = text_cell(f"{one.when(step.at):%Y-%m-%d}", "; ".join(step.said))
    return (*head, number(step.ratio, 3, field="change"), verdict("slower" if step.ratio > 1 else "faster"), since)


def _switched(one: Trend) -> str:
    days = ", ".join(f"{one.when(at):%Y-%m-%d}" for at in one.switches)
    return f"protocol changed {days}" if days else ""


def figure(found: Sequence[Trend], looks: Looks) -> Figure | None:
    """Lines over time, relative to the first measurement, a panel for each device and number of threads; None without trends."""
    panels = []
    drawn = {id(one): _line(one, looks) for one in found}
    y_scale = value_domain(drawn.values())
    for place in dict.fromkeys(one.place for one in found):
        here = [one for one in found if one.place == place]
        name = here[0].place_name
        panels.append(Panel(lines(f"Trend on {name}", [drawn[id(one)] for one in here], y_scale), name, place.device))
    if not panels:
        return None
    caption = (
        "Every measurement, relative to the file's first one. Files whose level changed are drawn strong, with a ring where it did; the "
        "others are faint."
    )
    if any(one.switches for one in found):
        caption += " A line ends where the protocol got other numbers; from there on it is relative to the first measurement with those."
    return Figure(tuple(panels), caption, looks.legend(one.points[-1].series[0].file for one in found), narrow=True)


def _line(one: Trend, looks: Looks) -> Line:
    unit = "instructions" if one.counts else "ms"
    firsts: dict[str, float] = {}
    changed = {step.at: step for step in one.steps}
    spots = []
    for index, (point, value, protocol) in enumerate(zip(one.points, one.values, one.protocols, strict=True)):
        first = firsts.setdefault(protocol, value)
        tip = f"{one.label}, {point.result.created:%Y-%m-%d %H:%M}: {value:.6g} {unit}, {100 * value / first:.1f} % of the first"
        if index in changed:
            tip += f"; new level: {changed[index].ratio:.3f} of the old"
        if index in one.switches:
            tip += "; the protocol has other numbers than before"
        part = list(firsts).index(protocol)
        spots.append(
            Spot(int(1000 * point.result.created.timestamp()), 100 * value / first, tip, index in changed, part)
        )
    return Line(one.label, looks.look(one.points[-1].series[0].file), tuple(spots), bool(one.steps), one.tags)
