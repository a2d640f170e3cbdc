"""What a page says of times: everything here is read off measurements that timed."""

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
    words,
)
from mobileseg.latency.report.charts import Bar, Figure, Point, bars, mark_best, scatter
from mobileseg.latency.report.spread import Run, distributions, drifts
from mobileseg.latency.results.result import Result, Series, Session

if TYPE_CHECKING:
    from mobileseg.export.evaluation.comparison import Comparison

MOST_OPERATORS = 15

COLUMNS = (
    Column("File", numeric=False),
    Column("Device", numeric=False),
    Column("Threads"),
    Column("Output", numeric=False, note="class map (mask) or logits at head resolution: argmax and resizing are inside or not"),
    Column("Median, ms"),
    Column("p90, ms"),
    Column("MAD, ms", note="median absolute deviation, unscaled"),
    Column("p99, ms"),
    Column("Variation", note="standard deviation over the mean"),
    Column("Drift", note="median of the last fifth of the turns over that of the first fifth, less 1"),
    Column("Outliers", note="share further than 3.5 robust deviations from the median"),
    Column("Ratio", note="to the first file of the same run; 95 % interval over turns"),
    Column("First, ms", note="the first inference of a process"),
    Column("Load, ms"),
    Column("Peak, MB", note="of memory, above the runtime's own"),
    Column("n", note="timed inferences"),
    Column("Protocol", numeric=False),
)  # fmt: skip


@dataclass(frozen=True)
class Timed:
    """One series of a measurement that timed it."""

    result: Result
    index: int

    @property
    def series(self) -> Series:
        """The figures."""
        return self.result.series[self.index]

    @property
    def session(self) -> Session:
        """The process that it ran in."""
        return self.result.sessions[self.series.session]

    @property
    def setting(self) -> str:
        """Device, threads and cores in words."""
        session = self.session
        bound = "" if session.cores_asked == "all" else f" on {session.cores_asked} cores"
        again = f", run {session.repeat + 1}" if self.result.protocol.repeats > 1 else ""
        return f"{self.result.device}, {session.threads} thread{'s' if session.threads > 1 else ''}{bound}{again}"


def timed(results: Sequence[Result]) -> list[Timed]:
    """Every series of those that time, measured or not."""
    return [Timed(r, i) for r in results if r.gives == "time" for i in range(len(r.series))]


def labels(every: Sequence[Timed]) -> list[str]:
    """A name for each: the file's, with its setting where the file alone does not tell them apart."""
    files = Counter(one.series.file for one in every)
    return [s.file if files[s.file] == 1 else f"{s.file}, {one.setting}" for one in every for s in (one.series,)]


def table(every: Sequence[Timed]) -> Table:
    """One row for each file in each setting."""
    return Table("Time of one inference", COLUMNS, tuple(_row(one) for one in every))


def _row(one: Timed) -> tuple[Cell, ...]:
    s, result, session = one.series, one.result, one.session
    deviations = len(result.deviations)
    state = "complete" if result.complete else f"INCOMPLETE: {result.reason}"
    height, width = s.size
    return (
        words(s.file, f"{s.model}, {s.target} {s.precision}, {height}x{width}{': ' + s.note if s.note else ''}"),
        words(result.device, result.properties.soc or result.properties.model or ""),
        Cell(str(session.threads), session.threads, "" if session.cores_asked == "all" else session.cores_asked),
        words(s.emit),
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
        words(result.protocol.name, f"{state}; {deviations} deviation{'' if deviations == 1 else 's'}"),
    )


def _ratio(one: Timed) -> Cell:
    """To the first series of its session that has samples."""
    series = one.result.series
    base = next((i for i, s in enumerate(series) if s.session == one.series.session and s.samples_ms), None)
    if base is None or not one.series.samples_ms:
        return number(None)
    if base == one.index:
        return Cell("1", 1.0)
    found = one.result.ratio(one.index, base)
    return replace(number(found.value, 3), second=interval(found.interval, 3, 1.0))


def spread_figure(every: Sequence[Timed]) -> Figure | None:
    """All samples of every series."""
    runs = _runs(every)
    caption = "Every sample: histogram, one stroke a sample (a selection where there are very many), solid line the median, dashed the p90."
    return Figure(distributions(runs), caption) if runs else None


def drift_figure(every: Sequence[Timed]) -> Figure | None:
    """Turn by turn; None where there are fewer than two turns."""
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
    """Where an inference's time goes, by operator and by module of ours, of each profile."""
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
                f"{label}: time by {what}, medians of {profile.runs} inferences, {profile.total_ms:.2f} ms while recorded; "
                f"{profile.note}."
            )
            yield Figure(bars(f"Time by {what} of {label}", rows, "ms"), caption)


def front_figure(every: Sequence[Timed], compared: Sequence[Comparison]) -> Figure | None:
    """mIoU against time, of files that both were measured of: joined by sha256, never by name. One data set."""
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
    chart = scatter("mIoU against time", mark_best(dots), "median time of one inference, ms", "mIoU, %", log=True)
    caption = (
        f"Latency against mIoU on {compared[0].data}; files are joined by their sha256. "
        "Lines: 95 % interval over images; dashed: no other is faster and better."
    )
    return Figure(chart, caption)
