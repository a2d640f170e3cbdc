"""How counts are shown: one inference on an emulated core, and whether it computes the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.cli.console import decibel, percent
from mobileseg.cli.tables import add, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from mobileseg.latency.emulation.counts import Counts
    from mobileseg.latency.results.result import CountedProfile, Result

SHOWN_OPERATORS = 20

TITLES = (
    "file",
    "instructions",
    "ratio",
    "vector",
    "dot",
    "loads",
    "stores",
    "L1 misses",
    "L2 misses",
    "as the host",
    "SQNR",
)


def show(result: Result, console: Console) -> None:
    """A line for each file; misses are of modelled caches."""
    core = result.emulated
    caches = (
        f"; data caches of {core.l1.size_bytes // 1024} and {core.l2.size_bytes // 1024} KiB, as in {core.modelled_on}"
        if core
        else ""
    )
    console.print(
        f"{result.device}: counts of one inference on one thread, not time{caches}", markup=False, soft_wrap=True
    )
    for series in result.series:
        if series.note:
            console.print(f"WARNING {series.file}: {series.note}", markup=False, soft_wrap=True)
    made = table(*TITLES)
    counted = [(series, series.counts) for series in result.series if series.counts is not None]
    for series, counts in counted:
        figures = (counts.vector, counts.dot, counts.loads, counts.stores, counts.l1_misses, counts.l2_misses)
        host = series.vs_host
        add(
            made,
            series.file,
            f"{counts.instructions:,}",
            f"{counts.instructions / counted[0][1].instructions:.3f}",
            *(f"{figure / 1e6:.2f} M" for figure in figures),
            percent(host.agreement if host else None),
            decibel(host.sqnr_db if host else None),
        )
    console.print(made)
    for series in result.series:
        if series.counted is not None:
            _show_operators(series.file, series.counted, console)


def _show_operators(file: str, found: CountedProfile, console: Console) -> None:
    """A line for each kind of operator, and what the runtime does between them."""
    console.print(f"profile {file}: instructions by operator; {found.note}", markup=False, soft_wrap=True)
    made = table("operator", "calls", "instructions", "share", "vector", "dot", "loads", "stores")
    for operator in found.operators[:SHOWN_OPERATORS]:
        _add_counts(made, operator.name, operator.calls, [operator.counts], found.total)
    rest = found.operators[SHOWN_OPERATORS:]
    if rest:
        calls = sum(operator.calls for operator in rest)
        _add_counts(made, f"{len(rest)} others", calls, [operator.counts for operator in rest], found.total)
    between = found.total - sum(operator.counts.instructions for operator in found.operators)
    add(made, "between them", "", f"{between:,}", f"{between / found.total:.1%}", *[""] * 4)
    console.print(made)


def _add_counts(made: Table, name: str, calls: int, counts: Sequence[Counts], total: int) -> None:
    instructions = sum(each.instructions for each in counts)
    columns = ("vector", "dot", "loads", "stores")
    figures = (sum(getattr(each, column) for each in counts) for column in columns)
    add(
        made, name, f"{calls}", f"{instructions:,}", f"{instructions / total:.1%}",
        *(f"{figure / 1e6:.2f} M" for figure in figures),
    )  # fmt: skip
