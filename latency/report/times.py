"""The latency section of the page: tables and charts of times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mobileseg.latency.report.cells import (
    Cell,
    Column,
    Table,
    count,
    interval,
    megabytes,
    number,
    percent,
    points,
    text_cell,
    verdict,
)
from mobileseg.latency.report.charts.bars import Bar, bars
from mobileseg.latency.report.charts.figure import Figure, Panel
from mobileseg.latency.report.charts.strips import Run, distributions, drift_domain, drifts, is_wide
from mobileseg.latency.report.looks import Looks
from mobileseg.latency.report.scores import score
from mobileseg.latency.report.tracks import Measured, Place, Track, file_names, place_names
from mobileseg.latency.results.result import Result, Series

if TYPE_CHECKING:
    from mobileseg.export.evaluation.compared import Comparison

MOST_OPERATORS = 15

WHERE = (Column("File", numeric=False), Column("Device", numeric=False), Column("Threads"))
ACCURACY = (
    Column("Accuracy", note="of the file: mIoU, or top-1 of a classifier"),
    Column("Change, points", note="of the accuracy, file minus reference model, in percentage points; 95 % interval over images"),
    Column("Verdict", numeric=False, note="of all gates of the comparison"),
)  # fmt: skip
COLUMNS = (
    *WHERE,
    Column("Median, ms"),
    Column("p90, ms"),
)
RATIO = (Column("Ratio", note="to the first file of the same run; 95 % interval over turns"),)
SIZE = (Column("Size", note="of the file"),)
LAST = (
    Column("n", note="number of timed inferences"),
    Column(
        "Effective n", note="how many independent inferences would tell as much: those that follow each other are alike"
    ),
    Column("Protocol", numeric=False),
)
MORE = (
    *WHERE,
    Column("Output", numeric=False, note="mask: class map, with resizing and argmax inside the file; logits: at head resolution"),
    Column("MAD, ms", note="median absolute deviation, unscaled"),
    Column("p99, ms"),
    Column("Variation", note="standard deviation over the mean"),
    Column("Drift", note="median of the last fifth of the turns over that of the first fifth, minus 1"),
    Column("Outliers", note="share further than 3.5 robust standard deviations from the median"),
    Column("First, ms", note="the first inference of a process"),
    Column("Load, ms"),
    Column(
        "RSS, MB",
        note="peak of the resident set above what the runtime had before the load; pages that processes share count",
    ),
)  # fmt: skip


def table(every: Sequence[Track], compared: Mapping[str, Comparison]) -> Table:
    """One row per file and setting, of the latest measurement. ``compared``: comparisons by the sha256 of the file."""
    shown = [(track.latest, series) for track in every for series in track.latest.series]
    together = any(len(one.result.series) > 1 for one, _ in shown)
    columns = (*COLUMNS, *(RATIO if together else ()), *SIZE, *(ACCURACY if compared else ()), *LAST)
    data = sorted({compared[series.sha256].data for _, series in shown if series.sha256 in compared})
    rows = tuple(_row(one, series, compared, together, len(data) > 1) for one, series in shown)
    caption = f"Time of one inference{f'; accuracy on {data[0]}' if len(data) == 1 else ''}"
    return Table(caption, columns, rows, tuple(one.tags for one, _ in shown))


def more(every: Sequence[Track]) -> Table:
    """What else was measured, in the order of ``table``."""
    shown = [(track.latest, series) for track in every for series in track.latest.series]
    return Table(
        "More of the same measurements", MORE, tuple(_more(*one) for one in shown), tuple(one.tags for one, _ in shown)
    )


def _where(one: Measured, series: Series) -> tuple[Cell, ...]:
    result, session = one.result, one.result.sessions[series.session]
    height, width = series.size
    about = f"{series.model}, {series.target} {series.precision}, {height}x{width}"
    again = f", run {session.repeat + 1}" if result.protocol.repeats > 1 else ""
    return (
        text_cell(series.file, f"{about}{again}{': ' + series.note if series.note else ''}"),
        text_cell(result.device),
        Cell(str(session.threads), session.threads, "" if session.cores_asked == "all" else session.cores_asked),
    )


def _row(
    one: Measured, series: Series, compared: Mapping[str, Comparison], together: bool, named: bool
) -> tuple[Cell, ...]:
    result = one.result
    deviations = len(result.deviations)
    state = "complete" if result.complete else f"INCOMPLETE: {result.reason}"
    match = compared.get(series.sha256)
    size = series.size_bytes if series.size_bytes is not None else match.artifact_bytes if match else None
    return (
        *_where(one, series),
        number(series.median_ms, field="median_ms"),
        number(series.p90_ms, field="p90_ms"),
        *((_ratio(result, series),) if together else ()),
        megabytes(size, "size_bytes"),
        *(_accuracy(match, named) if compared else ()),
        count(len(series.samples_ms), "samples"),
        number(series.effective_runs, 1, field="effective_runs"),
        text_cell(result.protocol.name, f"{state}; {deviations} deviation{'' if deviations == 1 else 's'}"),
    )


def _more(one: Measured, series: Series) -> tuple[Cell, ...]:
    return (
        *_where(one, series),
        text_cell(series.emit),
        number(series.mad_ms, 3, field="mad_ms"),
        number(series.p99_ms, field="p99_ms"),
        percent(series.variation, 1, "variation"),
        percent(series.drift, 1, "drift"),
        percent(series.outliers, 1, "outliers"),
        number(series.first_ms, field="first_ms"),
        number(series.load_ms, 1, field="load_ms"),
        number(series.peak_kb, 1, 1024 / 1e6, field="peak_kb"),
    )


def _accuracy(match: Comparison | None, named: bool) -> tuple[Cell, ...]:
    """``named``: with the data, where the table has figures on several."""
    found = score(match)
    if match is None or found is None:
        return (
            percent(None, field="accuracy"),
            points(None, "accuracy_change"),
            verdict(match.verdict) if match else text_cell(None),
        )
    change = points(found.change, "accuracy_change")
    if found.interval is not None and change.value is not None:
        change = replace(change, second=interval(found.interval, sign="+"))
    return (
        replace(
            percent(found.value, field="accuracy"), second=f"{found.metric}, {match.data}" if named else found.metric
        ),
        change,
        verdict(match.verdict),
    )


def _ratio(result: Result, series: Series) -> Cell:
    """Ratio to the first series with samples of the same session."""
    every = result.series
    base = next((i for i, s in enumerate(every) if s.session == series.session and s.samples_ms), None)
    if base is None or not series.samples_ms:
        return number(None)
    index = next(i for i, s in enumerate(every) if s is series)
    if base == index:
        return Cell("1", 1.0)
    found = result.ratio(index, base)
    return replace(number(found.value, 3), second=interval(found.interval, 3, 1.0))


def spread_figure(every: Sequence[Track], looks: Looks) -> Figure | None:
    """Distribution of the samples of every file, a panel for each device and number of threads; None without samples."""
    found = list(_runs(every, looks))
    if not found:
        return None
    relative = any(is_wide(runs) for *_, runs in found)
    panels = [
        Panel(distributions(f"Distribution of all samples on {name}", runs, relative), name, place.device)
        for place, name, runs in found
    ]
    caption = "Distribution of the latest measurement: the stronger the colour, the more samples; long stroke: median, short stroke: p90."
    return Figure(tuple(panels), caption, looks.legend(_files(every), shapes=False), narrow=True)


def drift_figure(every: Sequence[Track], looks: Looks) -> Figure | None:
    """Drift of every file with at least two turns, a panel for each device and number of threads; None if there is none."""
    found = [
        (place, name, longer)
        for place, name, runs in _runs(every, looks)
        if (longer := [run for run in runs if len(run.turns) > 1])
    ]
    if not found:
        return None
    y_scale = drift_domain(run for *_, runs in found for run in runs)
    panels = [
        Panel(drifts(f"Inference time during the measurement on {name}", runs, y_scale), name, place.device)
        for place, name, runs in found
    ]
    return Figure(
        tuple(panels),
        "Drift during a measurement: the median of each part of it.",
        looks.legend(_files(every)),
        narrow=True,
    )


def _files(every: Sequence[Track]) -> list[str]:
    return [track.latest.series[0].file for track in every]


def _runs(every: Sequence[Track], looks: Looks) -> Iterator[tuple[Place, str, list[Run]]]:
    """The runs in each place, with its name; of repetitions the first."""
    names = place_names(track.latest.place for track in every)
    labels = file_names(every)
    for place, name in names.items():
        runs = [
            Run(label, looks.look(series.file), series.turns, series.at_s, track.latest.tags, len(every))
            for label, track in zip(labels, every, strict=True)
            if track.latest.place == place
            for series in track.latest.series[:1]
            if series.samples_ms and series.at_s
        ]
        if runs:
            yield place, name, runs


def operator_figures(every: Sequence[Track]) -> Iterator[Figure]:
    """Bar charts of the time by operator and by module, for each profile."""
    names = place_names(track.latest.place for track in every)
    for label, track in zip(file_names(every), every, strict=True):
        one = track.latest
        profile = next((series.profile for series in one.series if series.profile is not None), None)
        if profile is None:
            continue
        where = f"{label} on {names[one.place]}"
        for what, operators in (("operator", profile.operators), ("module", profile.modules)):
            if not operators:
                continue
            shown = [(op.name, op.ms, f"{op.calls:.0f} calls") for op in operators[:MOST_OPERATORS]]
            rest = operators[MOST_OPERATORS:]
            if rest:
                shown.append((f"{len(rest)} others", sum(op.ms for op in rest), "together"))
            total = profile.total_ms
            rows = [
                Bar(n, 1, ms, f"{n}, {calls}: {ms:.3f} ms, {100 * ms / total:.1f} %", one.tags)
                for n, ms, calls in shown
            ]
            caption = (
                f"{where}: time by {what}, medians of {profile.runs} inferences of {profile.total_ms:.2f} ms while profiling; "
                f"{profile.note}."
            )
            yield Figure((Panel(bars(f"Time by {what} of {where}", rows, "ms"), device=one.place.device),), caption)
