"""The latency section of the page, from measurements of times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mobileseg.latency.report.cells import (
    Cell,
    Column,
    Table,
    count,
    in_percent,
    interval,
    known,
    number,
    percent,
    text_cell,
)
from mobileseg.latency.report.charts import Bar, Figure, Point, bars, mark_pareto_front, scatter
from mobileseg.latency.report.spread import Run, distributions, drifts
from mobileseg.latency.results.result import Result, Series, Session

if TYPE_CHECKING:
    from mobileseg.export.evaluation.compared import Comparison

MOST_OPERATORS = 15

COLUMNS = (
    Column("File", numeric=False),
    Column("Device", numeric=False),
    Column("Threads"),
    Column("Output", numeric=False, note="mask: class map, with resizing and argmax inside the file; logits: at head resolution"),
    Column("Median, ms"),
    Column("p90, ms"),
    Column("MAD, ms", note="median absolute deviation, unscaled"),
    Column("p99, ms"),
    Column("Variation", note="standard deviation over the mean"),
    Column("Drift", note="median of the last fifth of the turns over that of the first fifth, minus 1"),
    Column("Outliers", note="share further than 3.5 robust standard deviations from the median"),
    Column("Ratio", note="to the first file of the same run; 95 % interval over turns"),
    Column("First, ms", note="the first inference of a process"),
    Column("Load, ms"),
    Column("Peak, MB", note="peak memory above the runtime's own"),
    Column("n", note="number of timed inferences"),
    Column("Protocol", numeric=False),
)  # fmt: skip


@dataclass(frozen=True)
class Timed:
    """One series of a result with times."""

    result: Result
    index: int

    @property
    def series(self) -> Series:
        """The series itself."""
        return self.result.series[self.index]

    @property
    def session(self) -> Session:
        """The session that it was measured in."""
        return self.result.sessions[self.series.session]

    @property
    def setting(self) -> str:
        """Device, threads and cores as text."""
        session = self.session
        bound = "" if session.cores_asked == "all" else f" on {session.cores_asked} cores"
        again = f", run {session.repeat + 1}" if self.result.protocol.repeats > 1 else ""
        return f"{self.result.device}, {session.threads} thread{'s' if session.threads > 1 else ''}{bound}{again}"


def timed(results: Sequence[Result]) -> list[Timed]:
    """All series of results with times, measured or not."""
    return [Timed(r, i) for r in results if r.quantity == "time" for i in range(len(r.series))]


def labels(every: Sequence[Timed]) -> list[str]:
    """A label for each series: the file's name, with the setting if the name is not unique."""
    files = Counter(one.series.file for one in every)
    return [s.file if files[s.file] == 1 else f"{s.file}, {one.setting}" for one in every for s in (one.series,)]


def table(every: Sequence[Timed]) -> Table:
    """One row per file and setting."""
    return Table("Time of one inference", COLUMNS, tuple(_row(one) for one in every))


def _row(one: Timed) -> tuple[Cell, ...]:
    s, result, session = one.series, one.result, one.session
    deviations = len(result.deviations)
    state = "complete" if result.complete else f"INCOMPLETE: {result.reason}"
    height, width = s.size
    return (
        text_cell(s.file, f"{s.model}, {s.target} {s.precision}, {height}x{width}{': ' + s.note if s.note else ''}"),
        text_cell(result.device, result.properties.soc or result.properties.model or ""),
        Cell(str(session.threads), session.threads, "" if session.cores_asked == "all" else session.cores_asked),
        text_cell(s.emit),
        number(s.median_ms, field="median_ms"),
        number(s.p90_ms, field="p90_ms"),
        number(s.mad_ms, 3, field="mad_ms"),
        number(s.p99_ms, field="p99_ms"),
        percent(s.variation, 1, "variation"),
        percent(s.drift, 1, "drift"),
        percent(s.outliers, 1, "outliers"),
        _ratio(one),
        number(s.first_ms, field="first_ms"),
        number(s.load_ms, 1, field="load_ms"),
        number(s.peak_kb, 1, 1024 / 1e6, field="peak_kb"),
        count(len(s.samples_ms), "samples"),
        text_cell(result.protocol.name, f"{state}; {deviations} deviation{'' if deviations == 1 else 's'}"),
    )


def _ratio(one: Timed) -> Cell:
    """Ratio to the first series with samples of the same session."""
    series = one.result.series
    base = next((i for i, s in enumerate(series) if s.session == one.series.session and s.samples_ms), None)
    if base is None or not one.series.samples_ms:
        return number(None)
    if base == one.index:
        return Cell("1", 1.0)
    found = one.result.ratio(one.index, base)
    return replace(number(found.value, 3), second=interval(found.interval, 3, 1.0))


def spread_figure(every: Sequence[Timed]) -> Figure | None:
    """Distribution of all samples of every series; None without samples."""
    runs = _runs(every)
    caption = "Distribution: histogram, one stroke per sample (a selection if there are many), solid line median, dashed line p90."
    return Figure(distributions(runs), caption) if runs else None


def drift_figure(every: Sequence[Timed]) -> Figure | None:
    """Drift of every series with at least two turns; None if there is none."""
    runs = [run for run in _runs(every) if len(run.turns) > 1]
    if not runs:
        return None
    legend = tuple((run.series, run.label) for run in runs)
    caption = "Drift: the median of each turn; the band holds the middle 80 % of its samples."
    return Figure(drifts(runs), caption, legend)


def _runs(every: Sequence[Timed]) -> list[Run]:
    named = zip(labels(every), every, strict=True)
    return [
        Run(label, 1 + i, one.series.turns, one.series.at_s)
        for i, (label, one) in enumerate(named)
        if one.series.samples_ms and one.series.at_s
    ]


def operator_figures(every: Sequence[Timed]) -> Iterator[Figure]:
    """Bar charts of the time by operator and by module, for each profile."""
    for label, one in zip(labels(every), every, strict=True):
        profile = one.series.profile
        if profile is None:
            continue
        for what, operators in (("operator", profile.operators), ("module", profile.modules)):
            if not operators:
                continue
            shown = [(op.name, op.ms, f"{op.calls:.0f} calls") for op in operators[:MOST_OPERATORS]]
            rest = operators[MOST_OPERATORS:]
            if rest:
                shown.append((f"{len(rest)} others", sum(op.ms for op in rest), "together"))
            total = profile.total_ms
            rows = [Bar(n, 0, ms, f"{n}, {calls}: {ms:.3f} ms, {100 * ms / total:.1f} %") for n, ms, calls in shown]
            caption = (
                f"{label}: time by {what}, medians of {profile.runs} inferences of {profile.total_ms:.2f} ms while profiling; "
                f"{profile.note}."
            )
            yield Figure(bars(f"Time by {what} of {label}", rows, "ms"), caption)


def tradeoff_figure(every: Sequence[Timed], compared: Sequence[Comparison]) -> Figure | None:
    """mIoU against time, for files with both. ``compared``: comparisons on one data set; files are matched by sha256, not by name."""
    accuracy: Mapping[str, Comparison] = {one.artifact_sha256: one for one in compared}
    dots: list[Point] = []
    for index, one in enumerate(every):
        s, match = one.series, accuracy.get(one.series.sha256)
        if match is None or match.artifact is None or s.median_ms is None or not known(match.artifact.miou):
            continue
        value = match.artifact.miou
        tip = f"{s.file}, {one.setting}: {s.median_ms:.2f} ms, {percent(value).text}"
        label = f"{s.file}, {one.session.threads} thr."
        dots.append(Point(s.median_ms, 100 * value, label, tip, 1 + index, in_percent(match.artifact.interval)))
    if not dots:
        return None
    chart = scatter(
        "mIoU against time", mark_pareto_front(dots), "median time of one inference, ms", "mIoU, %", log=True
    )
    caption = (
        f"Latency against mIoU on {compared[0].data}; files are matched by their sha256. "
        "Vertical lines: 95 % interval over images. Dashed: Pareto front (no other file is both faster and more accurate)."
    )
    return Figure(chart, caption)
