"""What CI asks of results, as cases: each passed, failed, or is unknown, which is neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from mobileseg.errors import GateError, NotMeasuredError, RequestError
from mobileseg.latency.results import summary
from mobileseg.latency.results.diff import Change, Diff
from mobileseg.latency.results.result import Result, Series

FAIL_ON = ("slower", "undecided")
"""``slower`` (or more instructions); ``undecided``: that, and what cannot be told apart from it."""


class Case(NamedTuple):
    """``group``: what was looked at, ``name``: of what; ``expected``, ``found``: in words."""

    group: str
    name: str
    state: Literal["passed", "failed", "unknown"]
    expected: str
    found: str


def check(cases: Sequence[Case], fix: str) -> None:
    """Raise ``GateError`` where a case failed, else ``NotMeasuredError`` where one is unknown."""
    for state, kind in (("failed", GateError), ("unknown", NotMeasuredError)):
        bad = [case for case in cases if case.state == state]
        if bad:
            raise kind(
                expected="; ".join(dict.fromkeys(f"{case.name}: {case.expected}" for case in bad)),
                found="; ".join(f"{case.name}: {case.found}" for case in bad),
                fix=fix,
            )


def measured(result: Result) -> list[Case]:
    """Whether the measurement is complete, and good by its own protocol."""
    refused = "; ".join(f"{d.gate}: {d.found}" for d in result.refused)
    state: Literal["passed", "failed"] = "failed" if refused or not result.complete else "passed"
    found = result.reason or refused or "nothing else"
    return [
        Case("conditions", result.device, state, f"a complete measurement by protocol {result.protocol.name}", found)
    ]


def below(result: Result, max_ms: float) -> list[Case]:
    """For every file in every setting whether the protocol's figure is at most ``max_ms``: where its 95 % interval has the limit inside, or
    there is none, it is unknown. Raises ``RequestError`` for a limit that cannot be, and for results without times."""
    if not 0 < max_ms < float("inf"):
        raise RequestError(expected="--max-ms above 0", found=f"{max_ms:g}", fix="give the limit in ms")
    if result.quantity != "time":
        raise RequestError(
            expected="--max-ms of times", found=f"counts of {result.device}", fix="use --budget for instructions"
        )
    figure = result.protocol.figure
    pools: dict[tuple[str, int, str], list[Series]] = {}
    for series in result.series:
        session = result.sessions[series.session]
        pools.setdefault((series.file, session.threads, session.cores_asked), []).append(series)
    return [_below(name, pool, figure, max_ms) for name, pool in pools.items()]


def _below(name: tuple[str, int, str], pool: Sequence[Series], figure: str, max_ms: float) -> Case:
    turns = [turn for series in pool for turn in series.turns]
    words = f"{name[0]}, {name[1]} threads, cores {name[2]}"
    expected = f"{figure} of at most {max_ms:g} ms"
    if not turns:
        return Case("max-ms", words, "unknown", expected, "not measured")
    value, interval = summary.estimate(turns, figure)
    if interval is None:
        return Case("max-ms", words, "unknown", expected, f"{value:.3f} ms, without an interval")
    low, high = interval
    found = f"{value:.3f} ms ({low:.3f} .. {high:.3f})"
    return Case(
        "max-ms", words, "passed" if high <= max_ms else "failed" if low > max_ms else "unknown", expected, found
    )


def compared(diff: Diff, fail_on: str | None) -> list[Case]:
    """What changed. ``fail_on``: one of ``FAIL_ON``; None fails on nothing. A file that the new result lacks cannot be told. Raises
    ``RequestError``."""
    if fail_on is not None and fail_on not in FAIL_ON:
        raise RequestError(
            expected=f"--fail-on {' or '.join(FAIL_ON)} with --diff", found=repr(fail_on), fix="choose one of them"
        )
    found = [_compared(change, fail_on) for change in diff.changes]
    lost = [Case("diff", file, "unknown", "a new measurement of it", "none") for file in diff.only_old]
    return found + (lost if fail_on is not None else [])


def _compared(change: Change, fail_on: str | None) -> Case:
    bad = {None: (), "slower": ("slower", "more"), "undecided": ("slower", "more", "undecided")}[fail_on]
    interval = f" ({change.interval[0]:.3f} .. {change.interval[1]:.3f})" if change.interval else ""
    return Case(
        "diff", f"{change.file}, {change.threads} threads, cores {change.cores}", "failed" if change.verdict in bad else "passed",
        f"{change.figure} that is not {' or '.join(bad) or 'measured otherwise'}",
        f"{change.verdict}: {change.ratio:.3f} of the old{interval}",
    )  # fmt: skip
