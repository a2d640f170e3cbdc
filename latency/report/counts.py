"""The section of the page on instruction counts on emulated ARM cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mobileseg.latency.emulation.counts import CLASSES
from mobileseg.latency.report.cells import Cell, Column, Table, count, decibel, number, percent, text_cell
from mobileseg.latency.report.charts.bars import Bar, bars, stacked
from mobileseg.latency.report.charts.figure import Figure, Key, Panel
from mobileseg.latency.report.tags import Tags
from mobileseg.latency.results.result import OutputAgreement, Result, Series

LABEL = "counts, not time"
MOST_OPERATORS = 15

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
    return Table(
        f"One inference on emulated ARM cores: {LABEL}",
        COLUMNS,
        tuple(_row(*one) for one in every),
        tuple(tags(*one) for one in every),
    )


def tags(result: Result, series: Series) -> Tags:
    """For the filters."""
    return Tags(result.device, series.model, series.precision, series.target)


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
    several = len({result.device for result, _ in every}) > 1
    for result, series in every:
        if series.counts is not None:
            core = result.device.removeprefix("emulated:")
            name = f"{series.file}, {core}" if several else series.file
            parts = [
                Bar(kind, 1 + i, value, f"{name}, {kind} ({what}): {value:,}", tags(result, series))
                for i, (kind, what) in enumerate(CLASSES.items())
                for value in (getattr(series.counts, kind),)
            ]
            rows.append((name, parts))
    if not rows:
        return None
    legend = tuple(Key(f"{kind}: {what}", 1 + i) for i, (kind, what) in enumerate(CLASSES.items()))
    chart = stacked("Instructions by class", rows, "instructions of one inference")
    return Figure((Panel(chart),), f"Instructions by class: {LABEL}.", legend)


def operator_figures(every: Sequence[tuple[Result, Series]]) -> Iterator[Figure]:
    """Bar charts of the instructions by operator, for each file whose counts were profiled."""
    for result, series in every:
        profile = series.counted
        if profile is None:
            continue
        shown = [(op.name, op.counts.instructions, f"{op.calls} calls") for op in profile.operators[:MOST_OPERATORS]]
        rest = profile.operators[MOST_OPERATORS:]
        if rest:
            shown.append((f"{len(rest)} others", sum(op.counts.instructions for op in rest), "together"))
        rows = [
            Bar(
                name, 1, value, f"{name}, {calls}: {value:,}, {100 * value / profile.total:.1f} %", tags(result, series)
            )
            for name, value, calls in shown
        ]
        label = f"{series.file}, {result.device.removeprefix('emulated:')}"
        caption = f"{label}: instructions by operator, of {profile.total:,}; {profile.note}."
        chart = bars(f"Instructions by operator of {label}", rows, "instructions")
        yield Figure((Panel(chart, device=result.device),), caption)
