"""``latency``: figures with their spread, ratios to the first file, and whether two results differ; ``devices``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from mobileseg.cli import emulated, interrupt
from mobileseg.cli.console import Stages, decibel, json_path, percent, results
from mobileseg.errors import GateError, RequestError
from mobileseg.files import write_whole
from mobileseg.provenance import command

if TYPE_CHECKING:
    from rich.console import Console

    from mobileseg.latency.arm.budget import Budget
    from mobileseg.latency.result import Operator, Result, Series

SHOWN_OPERATORS = 12
NOT_MEASURED = "not measured"
AGAIN = "measure again, with --json to keep what there is"


def run(
    artifacts: list[str],
    device: str,
    protocol: str,
    threads: str,
    cores: str,
    allow: list[str],
    profile: str | None,
    compute_units: str,
    json_file: str | None,
    force: bool,
    budget: str | None,
    margin: float | None,
    in_app: bool,
) -> None:
    """Measure, show, and hold counts against the budget.

    What was measured before Ctrl-C, or before the device was lost, is written too, marked incomplete.
    """
    limit = _budget(budget, margin, device)
    if in_app:
        _check_in_app(cores, profile)
    stages = Stages()
    from mobileseg.latency.measurement import Interrupted
    from mobileseg.latency.request import parse_threads
    from mobileseg.latency.resume import unfinished

    earlier = unfinished(Path(json_file)) if json_file and not force else None
    target = json_path(json_file, force or earlier is not None)
    if earlier is not None:
        stages(f"goes on with {target}, which broke off")

    try:
        result = _measure(
            artifacts, device, protocol, in_app=in_app, cores=cores, profile=profile, compute_units=compute_units,
            threads=parse_threads(threads), allow=allow, progress=stages, earlier=earlier,
        )  # fmt: skip
    except Interrupted as stop:
        _keep(stop.result, target)
        where = (
            f"what was measured is in {target}"
            if target
            else "what was measured is above, and with --json would be kept"
        )
        interrupt.leave_word(f"interrupted; {where}, marked incomplete")
        raise
    _keep(result, target)
    _check(result, "what was measured is kept; the same command goes on with it" if target else AGAIN)
    if limit is not None:
        limit.check(result)


def _measure(
    artifacts: list[str],
    device: str,
    protocol: str,
    *,
    in_app: bool,
    cores: str,
    profile: str | None,
    compute_units: str,
    **asked: Any,
) -> Result:
    """On the device, or by the app that is installed there."""
    if in_app:
        from mobileseg.latency import in_app as app

        return app.measure(artifacts, device, protocol, command=command("mobileseg.latency.in_app.measure"), **asked)
    from mobileseg.latency.measurement import measure

    return measure(
        artifacts, device, protocol, cores=cores, profile=profile, compute_units=compute_units,
        command=command("mobileseg.latency.measure"), **asked,
    )  # fmt: skip


def _check_in_app(cores: str, profile: str | None) -> None:
    """Raise ``RequestError`` for what does not go with ``--in-app``."""
    if cores != "all" or profile is not None:
        raise RequestError(
            expected="--in-app without --cores and --profile",
            found="--profile" if profile is not None else f"--cores {cores}",
            todo="an app chooses neither; leave --in-app out for them",
        )


def _check(result: Result, todo: str) -> None:
    """Raise ``GateError`` for a result that is incomplete, or not good by its own protocol."""
    if not result.complete:
        raise GateError(expected="a whole measurement", found=f"it broke off: {result.reason}", todo=todo)
    if result.refused:
        from mobileseg.latency.conditions import refusal

        raise refusal(list(result.refused), result.protocol)


def _budget(text: str | None, margin: float | None, device: str) -> Budget | None:
    if text is None:
        return None
    from mobileseg.latency.arm.budget import Budget
    from mobileseg.latency.devices import split

    if split(device)[0].count is None:
        raise RequestError(
            expected="--budget with --device emulated:CORE", found=f"--device {device}", todo="times have no budget"
        )
    return Budget.of(text, margin or 0.0)


def _keep(result: Result, target: Path | None) -> None:
    if target is not None:
        write_whole(target, result.to_json().encode())
    show(result, results())


def check_diff(artifacts: list[str], margin: float | None) -> None:
    """Raise ``RequestError`` for what does not go with ``--diff``."""
    if artifacts:
        raise RequestError(
            expected="either files to measure or --diff", found=f"both: {artifacts[0]}", todo="choose one"
        )
    if margin is not None and not 0 <= margin < 100:
        raise RequestError(
            expected="a --margin of 0 to 100 percent", found=str(margin), todo="0 trusts the interval alone"
        )


def run_diff(old: str, new: str, margin: float | None, allow: list[str], json_file: str | None, force: bool) -> None:
    """Compare two results and say what changed."""
    target = json_path(json_file, force)
    from mobileseg.latency.diff import compare
    from mobileseg.latency.result import read_result

    found = compare(
        read_result(Path(old)), read_result(Path(new)), None if margin is None else margin / 100, tuple(allow)
    )
    if target is not None:
        write_whole(target, found.to_json().encode())
    console = results()
    for text in found.despite:
        console.print(f"despite          {text}", markup=False, soft_wrap=True)
    table = _table("file", "threads", "figure", "old", "new", "new : old", "95 % interval", "verdict")
    for change in found.changes:
        digits = 0 if change.interval is None and change.figure == "instructions" else 2
        interval = "exact" if digits == 0 else _interval(change.interval)
        threads = f"{change.threads}" + ("" if change.cores == "all" else f" {change.cores}")
        table.add_row(
            change.file, threads, change.figure, f"{change.old:.{digits}f}", f"{change.new:.{digits}f}",
            f"{change.ratio:.3f}", interval, change.verdict,
        )  # fmt: skip
    console.print(table)
    for name, files in (("only in OLD", found.only_old), ("only in NEW", found.only_new)):
        if files:
            console.print(f"{name:16} {', '.join(files)}", markup=False, soft_wrap=True)
    if any(change.verdict == "undecided" for change in found.changes):
        console.print(
            f"undecided: the interval reaches into 1 +- {found.margin:.0%}, by which two measurements of one file may differ. "
            "For less than that, measure both files in one run.",
            soft_wrap=True,
        )


def show_devices(json_output: bool) -> None:
    """What can be measured on from here."""
    from mobileseg.latency.devices import DEVICES, find_all

    found = find_all()
    console = results()
    if json_output:
        console.print_json(json.dumps([line._asdict() for line in found]))
        return
    table = _table("device", "state", "what, or why not")
    for line in found:
        table.add_row(line.name, line.state, line.detail)
    console.print(table)
    for spec in DEVICES.values():
        argument = (
            f"[:{spec.argument}]"
            if spec.argument and not spec.required
            else f":{spec.argument}"
            if spec.argument
            else ""
        )
        console.print(f"--device {spec.name}{argument}: {spec.title}", markup=False, soft_wrap=True)


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False)
    words = {"file", "device", "state", "what, or why not", "verdict", "figure", "operator", "module", "emit"}
    for title in titles:
        table.add_column(title, justify="left" if title in words else "right")
    return table


def _interval(interval: tuple[float, float] | None) -> str:
    return NOT_MEASURED if interval is None else f"{interval[0]:.3f} .. {interval[1]:.3f}"


def _number(value: float | None, digits: int = 2, scale: float = 1.0, unit: str = "") -> str:
    return NOT_MEASURED if value is None else f"{value * scale:.{digits}f}{unit}"


def show(result: Result, console: Console) -> None:
    """The table, what is around the files and inside them, and what was not as it should be."""

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    if result.gives == "counts":
        emulated.show(result, console)
        return
    how = result.protocol
    say(f"{result.device}: {result.properties.summary}")
    if result.tried:
        say(f"NOTE this way of measuring was {result.tried}")
    say(
        f"protocol {how.name}: at least {how.turns} turns of {how.runs} runs and {how.min_seconds:.0f} s; {how.figure} counts"
    )
    for series in {s.file: s for s in result.series if s.note}.values():
        say(f"WARNING {series.file}: {series.note}")
    table = _table(
        "file",
        "emit",
        "threads",
        "median ms",
        "p90",
        "p99",
        "variation",
        "drift",
        "first",
        "load",
        "peak MB",
        "ratio",
        "95 %",
    )
    bases: dict[int, int] = {}
    for i, series in enumerate(result.series):
        table.add_row(*_row(result, series, i, bases.setdefault(series.session, i)))
    console.print(table)
    for series in result.series:
        for stage, where in ((series.before, "before"), (series.behind, "behind")):
            if stage is not None:
                say(
                    f"{where:7} {series.file}: {stage.median_ms:.2f} ms on the host, not in the figures above: {stage.what}"
                )
        if series.with_host is not None:
            alike = series.with_host
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
        series.file, series.emit, threads, _number(series.median_ms), _number(series.p90_ms), _number(series.p99_ms),
        _number(series.variation, 0, 100, " %"), _number(series.drift, 0, 100, " %"), _number(series.first_ms),
        _number(series.load_ms, 1), _number(series.peak_kb, 1, 1024 / 1e6), ratio, interval,
    )  # fmt: skip


def _show_profile(series: Series, console: Console) -> None:
    profile = series.profile
    assert profile is not None
    console.print(
        f"profile {series.file}: {profile.total_ms:.2f} ms an inference while recorded, mean of {profile.runs}; {profile.note}",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    for title, rows in (("operator", profile.operators), ("module", profile.modules)):
        if rows:
            console.print(_operators(title, rows, profile.total_ms))


def _operators(title: str, rows: tuple[Operator, ...], total_ms: float) -> Table:
    table = _table(title, "calls", "ms", "share")
    for row in rows[:SHOWN_OPERATORS]:
        table.add_row(row.name, f"{row.calls:.0f}", f"{row.ms:.3f}", f"{row.ms / total_ms:.1%}")
    rest = rows[SHOWN_OPERATORS:]
    if rest:
        table.add_row(f"{len(rest)} others", f"{sum(r.calls for r in rest):.0f}", f"{sum(r.ms for r in rest):.3f}",
                      f"{sum(r.ms for r in rest) / total_ms:.1%}")  # fmt: skip
    outside = total_ms - sum(row.ms for row in rows)
    table.add_row("between them", "", f"{outside:.3f}", f"{outside / total_ms:.1%}")
    return table
