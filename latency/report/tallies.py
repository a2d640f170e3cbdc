"""What a page says of counts on emulated cores, and of what changed between two measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mobileseg.latency.emulation.counts import CLASSES
from mobileseg.latency.report.cells import (
    Cell,
    Column,
    Table,
    count,
    decibel,
    interval,
    number,
    percent,
    verdict,
    words,
)
from mobileseg.latency.report.charts import Bar, Figure, stacked
from mobileseg.latency.results.diff import Diff
from mobileseg.latency.results.result import Likeness, Result, Series

LABEL = "counts, not time"

COLUMNS = (
    Column("File", numeric=False),
    Column("Core", numeric=False),
    Column("Instructions", note="of one inference on one thread; they repeat exactly"),
    Column("Dot product", note=CLASSES["dot"]),
    Column("Vector", note="vector arithmetic of all kinds"),
    Column("Loads"),
    Column("Stores"),
    Column("Bytes loaded"),
    Column("L1 misses", note="of a modelled data cache"),
    Column("L2 misses", note="of a modelled data cache"),
    Column("Same class as host", note="share of pixels: outputs there against those of the same file on this machine"),
    Column("Same class as float", note="share of pixels: outputs there against the reference model's"),
)


def counted(results: Sequence[Result]) -> list[tuple[Result, Series]]:
    """Every series of the results that count."""
    return [(result, series) for result in results if result.gives == "counts" for series in result.series]


def table(every: Sequence[tuple[Result, Series]]) -> Table:
    """One row for each file on each core."""
    return Table(f"One inference on emulated ARM cores: {LABEL}", COLUMNS, tuple(_row(*one) for one in every))


COUNTED = ("instructions", "dot", "vector", "loads", "stores", "loaded_bytes", "l1_misses", "l2_misses")


def _row(result: Result, series: Series) -> tuple[Cell, ...]:
    c = series.counts
    return (
        words(series.file, f"{series.model}, {series.precision}, {series.size[0]}x{series.size[1]}"),
        words(result.device.removeprefix("emulated:")),
        *(count(getattr(c, name) if c is not None else None, f"counts.{name}") for name in COUNTED),
        _likeness(series.with_host),
        _likeness(series.with_reference),
    )


def _likeness(found: Likeness | None) -> Cell:
    if found is None:
        return number(None)
    return replace(percent(found.agreement, 3), second="" if found.sqnr_db is None else decibel(found.sqnr_db).text)


def class_figure(every: Sequence[tuple[Result, Series]]) -> Figure | None:
    """Instructions by class."""
    rows = []
    for result, series in every:
        if series.counts is not None:
            name = f"{series.file}, {result.device.removeprefix('emulated:')}"
            parts = [
                Bar(kind, i, value, f"{name}, {kind} ({what}): {value:,}")
                for i, (kind, what) in enumerate(CLASSES.items())
                for value in (getattr(series.counts, kind),)
            ]
            rows.append((name, parts))
    if not rows:
        return None
    legend = tuple((i, f"{kind}: {what}") for i, (kind, what) in enumerate(CLASSES.items()))
    return Figure(
        stacked("Instructions by class", rows, "instructions of one inference"),
        f"Instructions by class: {LABEL}.",
        legend,
    )


def changes(diff: Diff) -> Table:
    """What changed between two measurements."""
    columns = (
        Column("File", numeric=False), Column("Threads"), Column("Figure", numeric=False), Column("Old"), Column("New"),
        Column("New : old", note="95 % interval over turns; counts repeat exactly"), Column("Verdict", numeric=False),
    )  # fmt: skip
    rows = []
    for change in diff.changes:
        exact = change.figure == "instructions"
        digits, unit = (0, "") if exact else (2, " ms")
        ratio = replace(
            number(change.ratio, 3, field="ratio"), second="exact" if exact else interval(change.interval, 3, 1.0)
        )
        rows.append((
            words(change.file), Cell(str(change.threads), change.threads, "" if change.cores == "all" else change.cores),
            words(change.figure), number(change.old, digits, unit=unit, field="old"),
            number(change.new, digits, unit=unit, field="new"), ratio, verdict(change.verdict),
        ))  # fmt: skip
    return Table(
        f"New against old; within {diff.margin:.0%} two measurements of one file may differ", columns, tuple(rows)
    )
