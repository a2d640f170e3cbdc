"""The conditions of a measurement: device, protocol, sensors before and after, and every deviation."""

from __future__ import annotations

from collections.abc import Sequence

from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.report.cells import NOT_STATED, Cell, Column, Table, number, percent, text_cell
from mobileseg.latency.results.result import Result

Facts = tuple[tuple[str, str], ...]


def facts(result: Result) -> Facts:
    """Device, protocol, input and versions of a result, as pairs of title and text."""
    p, how = result.properties, result.protocol
    rows = [
        ("device", f"{result.device}: {p.summary}"),
        ("kernel", p.kernel or NOT_STATED),
        ("memory", f"{p.memory_kb * 1024 / 1e9:.1f} GB" if p.memory_kb else NOT_STATED),
        ("input", result.input),
        ("measured", f"{result.created:%Y-%m-%d %H:%M} UTC"),
        ("command", result.command or NOT_STATED),
        ("complete", "yes" if result.complete else f"NO: {result.reason}"),
        ("versions", ", ".join(f"{name} {version}" for name, version in result.versions.items())),
    ]
    if result.compute_units:
        rows.append(("compute units", result.compute_units))
    if result.quantity == "counts" and result.emulated is not None:
        core = result.emulated
        sizes = ", ".join(
            f"{name} {cache.size_bytes // 1024} KiB, {cache.ways} ways"
            for name, cache in (("L1", core.l1), ("L2", core.l2))
        )
        rows.append(("emulated core", f"{core.name}: {core.title}; modelled caches {sizes}, as in {core.modelled_on}"))
        return tuple(rows)
    rows += [
        ("protocol", f"{how.name}: {how.title}; compares the {how.figure}"),
        ("warm-up", f"{how.warmup_min} to {how.warmup_max} runs, until two windows agree within {how.stable_within:.0%}"),
        ("timed runs", f"at least {how.turns} turns of {how.runs} runs and {how.min_seconds:g} s per file; files take turns"),
        ("repetitions", f"{how.repeats}, {how.cool_down_s:g} s apart; their figures must agree within {how.within:.0%}"),
    ]  # fmt: skip
    return tuple(rows)


def deviations(result: Result) -> Table | None:
    """Table of the deviations from the protocol; None if there are none."""
    if not result.deviations:
        return None
    columns = tuple(Column(title, numeric=False) for title in ("Gate", "Verdict", "When", "Expected", "Found"))
    rows = tuple(
        (
            text_cell(d.gate),
            Cell(d.verdict, mark=d.verdict),
            text_cell(d.when),
            text_cell(d.expected),
            text_cell(d.found),
        )
        for d in result.deviations
    )
    return Table("Deviations from the protocol", columns, rows)


SENSORS = (
    Column("Process", numeric=False),
    Column("When", numeric=False),
    Column("Threads"),
    Column("Cores", numeric=False, note="that the process was bound to, as it reports itself"),
    Column("Busy", note="share of the time of all cores that other processes used"),
    Column("Load"),
    Column("Hottest, °C"),
    Column("Clock, MHz", note="of the slowest core"),
    Column("Governor", numeric=False),
    Column("Battery", numeric=False),
    Column("Screen", numeric=False),
)


def sensors(result: Result) -> Table:
    """Table of the sensor readings before and after every session."""
    rows = []
    for position, session in enumerate(result.sessions, 1):
        bound = "any" if session.cores is None else ", ".join(map(str, session.cores))
        for when, seen in (("before", session.before), ("after", session.after)):
            head = (text_cell(f"{position} ({session.runner})", session.versions), text_cell(when))
            rows.append((*head, Cell(str(session.threads), session.threads), text_cell(bound), *_readings(seen)))
    return Table("Conditions before and after", SENSORS, tuple(rows))


def _readings(seen: Sensors | None) -> tuple[Cell, ...]:
    if seen is None:
        return (number(None),) * 3 + (number(None),) + (text_cell(None),) * 3
    hottest = max((zone.celsius for zone in seen.zones), default=None)
    clocks = [clock.khz for clock in seen.clocks if clock.khz is not None]
    governors = dict.fromkeys(clock.governor for clock in seen.clocks if clock.governor)
    battery = seen.battery
    level = None
    if battery is not None:
        parts = (
            f"{battery.level} %" if battery.level is not None else "",
            {True: "charging", False: "discharging", None: ""}[battery.charging],
            "saver on" if battery.saver else "",
        )
        level = ", ".join(part for part in parts if part) or None
    screen = {True: "on", False: "off", None: None}[seen.screen_on]
    return (
        percent(seen.busy, 0),
        number(seen.load),
        number(hottest, 1),
        number(min(clocks) if clocks else None, 0, 1e-3),
        text_cell(", ".join(governors) or None),
        text_cell(level),
        text_cell(screen),
    )


def warnings(results: Sequence[Result]) -> tuple[str, ...]:
    """Warnings to show before the figures: notes on weights, such as that they are random."""
    noted: dict[str, dict[str, None]] = {}  # a note that several files share is shown once
    for series in (series for r in results for series in r.series if series.note):
        noted.setdefault(series.note or "", {})[series.file] = None
    return tuple(f"{', '.join(files)}: {note}" for note, files in noted.items())
