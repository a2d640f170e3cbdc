"""How times are shown: a line a file with its spread and its ratio to the first, profiles, and what differs between two results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.cli import emulated
from mobileseg.cli.console import decibel, percent
from mobileseg.cli.tables import add, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from mobileseg.latency.results.diff import Diff
    from mobileseg.latency.results.result import Operator, Result, Series

SHOWN_OPERATORS = 12
NOT_MEASURED = "not measured"
TITLES = (
    "file", "emit", "threads", "median ms", "p90", "p99", "runs", "variation", "drift", "first", "load", "RSS MB", "ratio", "95 %",
)  # fmt: skip


def show(result: Result, console: Console) -> None:
    """The table, what is around the files and inside them, and what was not as it should be."""

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    if result.quantity == "counts":
        emulated.show(result, console)
        return
    how = result.protocol
    say(f"{result.device}: {result.properties.summary}")
    if result.tested_on:
        say(f"NOTE so far this kind of device was tested on {result.tested_on}")
    say(
        f"protocol {how.name}: at least {how.turns} turns of {how.runs} runs and {how.min_seconds:.0f} s; {how.figure} counts"
    )
    for series in {s.file: s for s in result.series if s.note}.values():
        say(f"WARNING {series.file}: {series.note}")
    console.print(_times(result))
    for series in result.series:
        for stage, where in ((series.preprocess, "preprocess"), (series.postprocess, "postprocess")):
            if stage is not None:
                say(
                    f"{where:7} {series.file}: {stage.median_ms:.2f} ms on the host, not in the figures above: {stage.description}"
                )
        if series.vs_host is not None:
            alike = series.vs_host
            say(
                f"outputs {series.file}: {percent(alike.agreement)} of the pixels have this machine's class, SQNR {decibel(alike.sqnr_db)}"
            )
        if series.profile is not None:
            _show_profile(series, console)
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for d in result.deviations:
        grouped.setdefault((d.verdict, d.gate, d.expected), []).append(f"{d.when}: {d.found}")
    for (verdict, gate, expected), found in grouped.items():
        say(f"{verdict.upper():8} {gate}: expected {expected}; {'; '.join(dict.fromkeys(found))}")
    if not result.complete:
        say(f"INCOMPLETE {result.reason}")


def _times(result: Result) -> Table:
    """Ratios are to the first file of the same process."""
    made = table(*TITLES)
    bases: dict[int, int] = {}
    for i, series in enumerate(result.series):
        add(made, *_row(result, series, i, bases.setdefault(series.session, i)))
    return made


def _row(result: Result, series: Series, index: int, base: int) -> tuple[str, ...]:
    session = result.sessions[series.session]
    threads = str(session.threads) + ("" if session.cores_asked == "all" else f" {session.cores_asked}")
    if result.protocol.repeats > 1:
        threads += f", run {session.repeat + 1}"
    ratio, interval = "", ""
    if index != base and series.samples_ms and result.series[base].samples_ms:
        found = result.ratio(index, base)
        ratio, interval = f"{found.value:.3f}", _interval(found.interval)
    return (
        series.file, series.emit, threads, _number(series.median_ms), _number(series.p90_ms), _number(series.p99_ms), _runs(series),
        _number(series.variation, 0, 100, " %"), _number(series.drift, 0, 100, " %"), _number(series.first_ms),
        _number(series.load_ms, 1), _number(series.peak_kb, 1, 1024 / 1e6), ratio, interval,
    )  # fmt: skip


def _runs(series: Series) -> str:
    """Timed runs, and how many independent ones would tell as much."""
    number = len(series.samples_ms)
    return f"{number}" if series.effective_runs is None else f"{number}, worth {series.effective_runs:.0f}"


def _interval(interval: tuple[float, float] | None) -> str:
    return NOT_MEASURED if interval is None else f"{interval[0]:.3f} .. {interval[1]:.3f}"


def _number(value: float | None, digits: int = 2, scale: float = 1.0, unit: str = "") -> str:
    return NOT_MEASURED if value is None else f"{value * scale:.{digits}f}{unit}"


def _show_profile(series: Series, console: Console) -> None:
    profile = series.profile
    assert profile is not None
    console.print(
        f"profile {series.file}: {profile.total_ms:.2f} ms an inference while recorded, median of {profile.runs}; {profile.note}",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    for title, rows in (("operator", profile.operators), ("module", profile.modules)):
        if rows:
            console.print(_operators(title, rows, profile.total_ms))


def _operators(title: str, rows: tuple[Operator, ...], total_ms: float) -> Table:
    made = table(title, "calls", "ms", "share")
    for row in rows[:SHOWN_OPERATORS]:
        add(made, row.name, f"{row.calls:.0f}", f"{row.ms:.3f}", f"{row.ms / total_ms:.1%}")
    rest = rows[SHOWN_OPERATORS:]
    if rest:
        add(made, f"{len(rest)} others", f"{sum(r.calls for r in rest):.0f}", f"{sum(r.ms for r in rest):.3f}",
            f"{sum(r.ms for r in rest) / total_ms:.1%}")  # fmt: skip
    outside = total_ms - sum(row.ms for row in rows)
    add(made, "between them", "", f"{outside:.3f}", f"{outside / total_ms:.1%}")
    return made


def show_diff(found: Diff, console: Console) -> None:
    """What changed, and what has no partner."""
    for text in found.said:
        console.print(f"NOTE             {text}", markup=False, soft_wrap=True)
    for text in found.allowed:
        console.print(f"despite          {text}", markup=False, soft_wrap=True)
    made = table("file", "threads", "figure", "old", "new", "new : old", "95 % interval", "verdict")
    for change in found.changes:
        digits = 0 if change.interval is None and change.figure == "instructions" else 2
        interval = "exact" if digits == 0 else _interval(change.interval)
        threads = f"{change.threads}" + ("" if change.cores == "all" else f" {change.cores}")
        add(
            made, change.file, threads, change.figure, f"{change.old:.{digits}f}", f"{change.new:.{digits}f}",
            f"{change.ratio:.3f}", interval, change.verdict,
        )  # fmt: skip
    console.print(made)
    for name, files in (("only in OLD", found.only_old), ("only in NEW", found.only_new)):
        if files:
            console.print(f"{name:16} {', '.join(files)}", markup=False, soft_wrap=True)
    if any(change.verdict == "undecided" for change in found.changes):
        console.print(
            f"undecided: the interval reaches into 1 +- {found.margin:.0%}, by which two measurements of one file may differ. "
            "For less than that, measure both files in one run.",
            soft_wrap=True,
        )
