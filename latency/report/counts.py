"""The section of the page on instruction counts on emulated ARM cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mobileseg.latency.emulation.counts import CLASSES
from mobileseg.latency.report.cells import Cell, Column, Table, count, decibel, number, percent, text_cell
from mobileseg.latency.report.charts import Bar, Figure, stacked
from mobileseg.latency.results.result import OutputAgreement, Result, Series

LABEL = "counts, not time"

COLUMNS = (
    Column("File", numeric=False),
    Column("Core", numeric=False),
    Column("Instructions", note="of one inference on one thread; counts repeat exactly"),
    Column("Dot product", note=CLASSES["dot"]),
    Column("Vector", note="all vector arithmetic"),
    Column("Loads"),
    Column("Stores"),
    Column("Bytes loaded"),
    Column("L1 misses", note="of a modelled data cache"),
    Column("L2 misses", note="of a modelled data cache"),
    Column(
        "Agreement with host",
        note="share of the pixels with the same class as the same file on this machine; SQNR below",
    ),
    Column(
        "Agreement with reference", note="share of the pixels with the same class as the reference model; SQNR below"
    ),
)


def counted(results: Sequence[Result]) -> list[tuple[Result, Series]]:
    """All series of results with counts, each with its result."""
    return [(result, series) for result in results if result.quantity == "counts" for series in result.series]


def table(every: Sequence[tuple[Result, Series]]) -> Table:
    """One row per file and core."""
    return Table(f"One inference on emulated ARM cores: {LABEL}", COLUMNS, tuple(_row(*one) for one in every))


COUNTED = ("instructions", "dot", "vector", "loads", "stores", "loaded_bytes", "l1_misses", "l2_misses")


def _row(result: Result, series: Series) -> tuple[Cell, ...]:
    c = series.counts
    return (
        text_cell(series.file, f"{series.model}, {series.precision}, {series.size[0]}x{series.size[1]}"),
        text_cell(result.device.removeprefix("emulated:")),
        *(count(getattr(c, name) if c is not None else None, f"counts.{name}") for name in COUNTED),
        _agreement(series.vs_host),
        _agreement(series.vs_reference),
    )


def _agreement(found: OutputAgreement | None) -> Cell:
    if found is None:
        return number(None)
    return replace(percent(found.agreement, 3), second="" if found.sqnr_db is None else decibel(found.sqnr_db).text)


def class_figure(every: Sequence[tuple[Result, Series]]) -> Figure | None:
    """Stacked bars of the instructions by class; None without counts."""
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
