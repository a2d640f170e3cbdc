"""What the device did while it was measured: clocks, temperatures, switches between turns; only where a runner looked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mobileseg.latency.conditions.course import Course
from mobileseg.latency.report.cells import Column, Table, number, text_cell
from mobileseg.latency.report.charts.courses import Trail, Unit, courses, scale_of
from mobileseg.latency.report.charts.figure import Figure, Key, Panel
from mobileseg.latency.report.sentences import some
from mobileseg.latency.report.tags import Tags
from mobileseg.latency.results.result import Result, Session

MOST_PANELS = 9
UNITS: dict[str, tuple[Unit, float]] = {"khz": ("GHz", 1e-6), "cap_khz": ("GHz", 1e-6), "celsius": ("°C", 1.0)}
WORDS = {"GHz": "Clock", "°C": "Temperature"}

READINGS = (
    Column("Process", numeric=False),
    Column("Quantity", numeric=False),
    Column("Unit", numeric=False),
    Column("First"),
    Column("Least"),
    Column("Most"),
    Column("Last"),
    Column("Readings", note="between turns, about twice a second"),
)


def figures(results: Sequence[Result]) -> Iterator[Figure]:
    """A chart of clocks and one of temperatures for each process that looked, those first where most changed."""
    looked = [
        (result, session, trails)
        for result in results
        for session in result.sessions
        if session.repeat == 0 and session.course is not None and (trails := list(_trails(session.course)))
    ]
    for unit in WORDS:
        found = [(r, s, here) for r, s, trails in looked if (here := [t for t in trails if t.unit == unit])]
        if found:
            yield _figure(unit, sorted(found, key=lambda row: -max(trail.span for trail in row[2])))


def _figure(unit: str, found: Sequence[tuple[Result, Session, list[Trail]]]) -> Figure:
    shown = found[:MOST_PANELS]
    scale = scale_of(trail for *_, trails in shown for trail in trails)
    panels = []
    for result, session, trails in shown:
        files = some(dict.fromkeys(series.file for series in result.series), 2)
        name = f"{files} on {result.device}, {session.threads} thread{'s' if session.threads > 1 else ''}"
        spec = courses(f"{WORDS[unit]} during the measurement of {name}", trails, scale, Tags(device=result.device))
        panels.append(Panel(spec, name, result.device))
    names = dict.fromkeys(trail.name for *_, trails in shown for trail in trails)
    caption = f"{WORDS[unit]} during the latest measurements, between turns: {', '.join(names)}."
    caption += " Dashed: the limit of the clock." if any(t.limit for *_, trails in shown for t in trails) else ""
    caption += f" The {MOST_PANELS} of {len(found)} in which it changed most." if len(found) > MOST_PANELS else ""
    same = len({tuple(dict.fromkeys(trail.name for trail in trails)) for *_, trails in shown}) == 1
    legend = tuple(Key(name, 1 + place, "●") for place, name in enumerate(names)) if same and len(names) > 1 else ()
    return Figure(tuple(panels), caption, legend, narrow=True)


def table(result: Result) -> Table | None:
    """What every process saw, in figures; None if none looked."""
    rows = []
    for position, session in enumerate(result.sessions, 1):
        if session.course is None:
            continue
        for name, unit, values in _quantities(session.course):
            ends = (values[0], min(values), max(values), values[-1])
            digits = {"GHz": 2, "°C": 1}.get(unit, 0)
            rows.append((
                text_cell(f"{position} ({session.runner})"), text_cell(name), text_cell(unit), *(number(v, digits) for v in ends),
                number(len(values), 0),
            ))  # fmt: skip
    return Table("While measuring", READINGS, tuple(rows)) if rows else None


def _quantities(course: Course) -> Iterator[tuple[str, str, Sequence[float]]]:
    for trail in _trails(course):
        what = "limit of the clock" if trail.limit else WORDS[trail.unit].lower()
        yield f"{what}, {trail.name}", trail.unit, trail.values
    counts = (("involuntary switches", course.switches), ("thermal status", course.thermal_status))
    for name, values in counts:
        known = [float(value) for value in values if value is not None]
        if known:
            yield name, "", known


def _trails(course: Course) -> Iterator[Trail]:
    """Those with a reading; a moment without one is left out."""
    for trace in course.traces:
        unit, scale = UNITS[trace.kind]
        known = [(at, scale * v) for at, v in zip(course.at_s, trace.values, strict=True) if v is not None]
        if known:
            at_s, values = zip(*known, strict=True)
            yield Trail(trace.name, unit, at_s, values, trace.kind == "cap_khz")
