"""Under which conditions something was measured: device, protocol, sensors before and after, and every deviation."""

from __future__ import annotations

from collections.abc import Sequence

from mobileseg.latency.conditions.sensors import Sensors
from mobileseg.latency.report.cells import Cell, Column, Table, number, percent, words
from mobileseg.latency.results.result import Result

Facts = tuple[tuple[str, str], ...]


def facts(result: Result) -> Facts:
    """Device, protocol and what was put in, as pairs of title and words."""
    p, how = result.properties, result.protocol
    rows = [
        ("device", f"{result.device}: {p.summary}"),
        ("kernel", p.kernel or "not said"),
        ("memory", f"{p.memory_kb * 1024 / 1e9:.1f} GB" if p.memory_kb else "not said"),
        ("input", result.input),
        ("measured", f"{result.created:%Y-%m-%d %H:%M} UTC"),
        ("command", result.command or "not said"),
        ("complete", "yes" if result.complete else f"NO: {result.reason}"),
        ("versions", ", ".join(f"{name} {version}" for name, version in result.versions.items())),
    ]
    if result.compute_units:
        rows.append(("compute units", result.compute_units))
    if result.gives == "counts" and result.emulated is not None:
        core = result.emulated
        sizes = ", ".join(
            f"{name} {cache.size_bytes // 1024} KiB, {cache.ways} ways"
            for name, cache in (("L1", core.l1), ("L2", core.l2))
        )
        rows.append(("emulated core", f"{core.name}: {core.title}; modelled caches {sizes}, like {core.like}"))
        return tuple(rows)
    rows += [
        ("protocol", f"{how.name}: {how.title}; {how.figure} counts"),
        ("warm-up", f"at least {how.warmup_min}, until two windows agree within {how.stable_within:.0%}, at most {how.warmup_max}"),
        ("timed", f"at least {how.turns} turns of {how.runs} runs and {how.min_seconds:g} s of every file, files in turns"),
        ("repeated", f"{how.repeats} times, {how.cool_down_s:g} s apart; figures within {how.within:.0%} are the same"),
    ]  # fmt: skip
    return tuple(rows)


def deviations(result: Result) -> Table | None:
    """What was not as the protocol wants it; None where everything was."""
    if not result.deviations:
        return None
    columns = tuple(Column(title, numeric=False) for title in ("Gate", "Verdict", "When", "Expected", "Found"))
    rows = tuple(
        (words(d.gate), Cell(d.verdict, mark=d.verdict), words(d.when), words(d.expected), words(d.found))
        for d in result.deviations
    )
    return Table("Deviations from the protocol", columns, rows)


SENSORS = (
    Column("Process", numeric=False),
    Column("When", numeric=False),
    Column("Threads"),
    Column("Bound to", numeric=False, note="cores, as the process itself says"),
    Column("Busy", note="share of all cores' time that something else used"),
    Column("Load"),
    Column("Hottest, °C"),
    Column("Clock, MHz", note="slowest of the cores"),
    Column("Governor", numeric=False),
    Column("Battery", numeric=False),
    Column("Screen", numeric=False),
)


def sensors(result: Result) -> Table:
    """Every process, before and after it."""
    rows = []
    for place, session in enumerate(result.sessions, 1):
        bound = "any" if session.cores is None else ", ".join(map(str, session.cores))
        for when, seen in (("before", session.before), ("after", session.after)):
            head = (words(f"{place} ({session.runner})", session.versions), words(when))
            rows.append((*head, Cell(str(session.threads), session.threads), words(bound), *_readings(seen)))
    return Table("Conditions before and after", SENSORS, tuple(rows))


def _readings(seen: Sensors | None) -> tuple[Cell, ...]:
    if seen is None:
        return (number(None),) * 3 + (number(None),) + (words(None),) * 3
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
        words(", ".join(governors) or None),
        words(level),
        words(screen),
    )


def warnings(results: Sequence[Result]) -> tuple[str, ...]:
    """What a reader must know before the figures."""
    noted: dict[str, dict[str, None]] = {}  # what holds for many files is said once
    for series in (series for r in results for series in r.series if series.note):
        noted.setdefault(series.note or "", {})[series.file] = None
    found = [f"{', '.join(files)}: {note}" for note, files in noted.items()]
    found += [f"{r.device}: INCOMPLETE: {r.reason}" for r in results if not r.complete]
    found += [f"{r.device}: refused by its protocol: {d.gate}: {d.found}" for r in results for d in r.refused]
    return tuple(dict.fromkeys(found))
