"""The sections of the page, from results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.latency.report import (
    accuracy,
    conditions,
    consistency,
    counts,
    courses,
    differences,
    live,
    overview,
    times,
    trends,
)
from mobileseg.latency.report import sentences as said
from mobileseg.latency.report.cells import Table
from mobileseg.latency.report.charts.figure import Figure
from mobileseg.latency.report.documents import Results
from mobileseg.latency.report.looks import Looks
from mobileseg.latency.report.pictures import Gallery, galleries
from mobileseg.latency.report.scores import newest
from mobileseg.latency.report.sentences import Sentence, some
from mobileseg.latency.report.tracks import Track, latest, tracks

if TYPE_CHECKING:
    from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.latency.results.diff import Diff
    from mobileseg.latency.results.live import Live
    from mobileseg.latency.results.result import Result


MOST_DETAILS = 4


@dataclass(frozen=True)
class Details:
    """A collapsed part of a section. ``facts``: pairs of title and text; ``parts``: collapsed parts in it."""

    title: str
    tables: tuple[Table, ...] = ()
    facts: conditions.Facts = ()
    parts: tuple[Details, ...] = ()


@dataclass
class Section:
    """A part of the page. ``key``: its HTML id; ``notes`` and ``warnings`` come right after the heading."""

    key: str
    title: str
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    details: list[Details] = field(default_factory=list)
    galleries: tuple[Gallery, ...] = ()


def sections(found: Results) -> list[Section]:
    """All sections for which there are results."""
    measured = [one for _, one in found.measurements]
    groups = by_data([one for _, one in found.comparisons])
    timed = tracks(result for result in measured if result.quantity == "time")
    counted = tracks(result for result in measured if result.quantity == "counts")
    looks = _looks([*timed, *(track for track in counted if len(track.good) > 1)], found)
    parts = _summary(found, timed, counted, groups, looks)
    parts += _latency(timed, groups, looks)
    parts += _trends(timed, counted, looks)
    parts += [_difference(index, source.name, diff) for index, (source, diff) in enumerate(found.differences)]
    parts += [_accuracy(group[0].data, group, index, looks) for index, group in enumerate(groups)]
    parts += _counts(latest(counted))
    parts += [_live(one, index) for index, (_, one) in enumerate(found.live)]
    shown = galleries([(source.path, one) for source, one in found.comparisons])
    if shown:
        parts.append(_pictures(shown))
    return parts


def _looks(drawn: Iterable[Track], found: Results) -> Looks:
    """``drawn``: tracks that have lines or points."""
    series = [track.latest.series[0] for track in drawn]
    compared = [(one.artifact_file, one.model, one.precision) for _, one in found.comparisons]
    return Looks.of([(one.file, one.model, one.precision) for one in series] + compared)


def short(data: str) -> str:
    """The last two parts of a data set's path; the captions have the whole path."""
    return "/".join(Path(data).parts[-2:])


def by_data(compared: Sequence[Comparison]) -> list[list[Comparison]]:
    """Comparisons by data set, for figures on different data sets are not comparable; of several of one file the newest."""
    groups: dict[tuple[str, str | None], dict[str, Comparison]] = {}
    for one in compared:
        group = groups.setdefault((one.data, one.data_sha256), {})
        other = group.get(one.artifact_sha256)
        if other is None or other.created <= one.created:
            group[one.artifact_sha256] = one
    return [list(group.values()) for group in groups.values()]


def _summary(
    found: Results,
    timed: Sequence[Track],
    counted: Sequence[Track],
    groups: Sequence[Sequence[Comparison]],
    looks: Looks,
) -> list[Section]:
    compared = [one for group in groups for one in group]
    diffs = [(source.name, diff) for source, diff in found.differences]
    sentences = (
        *said.winners(timed, newest(compared)),
        *said.changed([*trends.trends(timed), *trends.trends(counted)], diffs),
        *said.refused([*timed, *counted], compared, found.failed),
    )
    figures = [overview.heat_figure(timed), *(overview.tradeoff_figure(timed, group, looks) for group in groups)]
    shown = [figure for figure in figures if figure is not None]
    if not sentences and not shown:
        return []
    return [Section("summary", "Summary", sentences=sentences, figures=shown)]


def _accuracy(data: str, group: Sequence[Comparison], index: int, looks: Looks) -> Section:
    figures = [
        overview.size_figure(group, looks),
        accuracy.class_figure(group, looks),
        *map(accuracy.layer_figure, group),
    ]
    notes = (
        "Intervals are 95 % bootstrap intervals over images; those of differences are paired by image. "
        "PASS, FAIL and UNKNOWN are the verdicts of the gates below; what was not measured is UNKNOWN, never PASS.",
    )
    return Section(
        key=f"accuracy-{index}",
        title=f"Accuracy on {short(data)}",
        notes=notes,
        tables=[accuracy.table(group), *consistency.tables(group)],
        figures=[figure for figure in figures if figure is not None],
        details=_fold(
            f"Gates and origin of {len(group)} files",
            [Details(f"{one.artifact_file}: gates, origin", (accuracy.gates(one),), _origin(one)) for one in group],
        ),
    )


def _origin(one: Comparison) -> conditions.Facts:
    return (
        ("sha256", one.artifact_sha256),
        ("weights", one.weights),
        ("compared", f"{one.created:%Y-%m-%d %H:%M} UTC"),
        ("versions", ", ".join(f"{name} {version}" for name, version in one.versions.items())),
    )


def _latency(timed: Sequence[Track], groups: Sequence[Sequence[Comparison]], looks: Looks) -> list[Section]:
    if not timed:
        return []
    shown = latest(timed)
    figures = [times.spread_figure(timed, looks), times.drift_figure(timed, looks)]
    compared = newest(one for group in groups for one in group)
    return [
        Section(
            key="latency",
            title="Latency",
            notes=(
                "One inference, model only, of the latest measurement of every file. Compare ratios within one run: absolute times "
                "drift between runs.",
            ),
            warnings=conditions.warnings(shown),
            tables=[times.table(timed, compared)],
            figures=[*(f for f in figures if f is not None), *courses.figures(shown), *times.operator_figures(timed)],
            details=[Details("More of the same measurements", (times.more(timed),)), *_folded(shown)],
        )
    ]


def _trends(timed: Sequence[Track], counted: Sequence[Track], looks: Looks) -> list[Section]:
    found = [*trends.trends(timed), *trends.trends(counted)]
    if not found:
        return []
    figure = trends.figure(found, looks)
    return [
        Section(
            key="trends",
            title="Trends",
            notes=(
                "Measurements of one file, in the order of time. A change is a new level, further from the old one than what the protocol "
                "takes for no change; a single slow measurement is none. Measurements by other numbers of a protocol are not compared.",
            ),
            tables=[trends.table(found)],
            figures=[figure] if figure else [],
        )
    ]


def _counts(counting: Sequence[Result]) -> list[Section]:
    every = counts.counted(counting)
    if not every:
        return []
    figure = counts.class_figure(every)
    return [
        Section(
            key="counts",
            title=f"Emulated ARM cores: {counts.LABEL}",
            notes=(
                "Instructions of one inference. Counts repeat exactly; they do not tell how long an inference takes.",
            ),
            warnings=conditions.warnings(counting),
            tables=[counts.table(every)],
            figures=[*([figure] if figure else []), *counts.operator_figures(every)],
            details=_folded(counting),
        )
    ]


def _live(one: Live, index: int) -> Section:
    return Section(
        key=f"live-{index}",
        title=live.title(one),
        notes=live.notes(one),
        warnings=live.warnings(one),
        tables=[live.table(one)],
        details=[Details("Device and settings", facts=live.facts(one))],
    )


def _folded(results: Sequence[Result]) -> list[Details]:
    return _fold(f"Conditions of {len(results)} measurements", [_details(result) for result in results])


def _fold(title: str, parts: Sequence[Details]) -> list[Details]:
    """Many parts are one, which holds them."""
    return list(parts) if len(parts) <= MOST_DETAILS else [Details(title, parts=tuple(parts))]


def _details(result: Result) -> Details:
    tables = [conditions.deviations(result)]
    if result.quantity == "time":
        tables += [conditions.sensors(result), courses.table(result)]
    files = some(dict.fromkeys(series.file for series in result.series), 2)
    title = f"{files} on {result.device}, {result.created:%Y-%m-%d %H:%M} UTC: conditions, protocol {result.protocol.name}, deviations"
    return Details(title, tuple(t for t in tables if t is not None), conditions.facts(result))


def _difference(index: int, name: str, diff: Diff) -> Section:
    lone = [
        f"only in {which}: {', '.join(files)}"
        for which, files in (("old", diff.only_old), ("new", diff.only_new))
        if files
    ]
    return Section(
        key=f"difference-{index}",
        title=f"New against old: {name}",
        notes=tuple(lone),
        warnings=(
            *(f"compared despite a difference: {difference}" for difference in diff.allowed),
            *(f"not as before: {difference}" for difference in diff.said),
        ),
        tables=[differences.changes(diff)],
    )


def _pictures(shown: tuple[Gallery, ...]) -> Section:
    return Section(
        key="worst",
        title="Worst images",
        notes=(
            "The images with the lowest pixel agreement between file and reference model. The difference picture is faded where both "
            "agree.",
        ),
        galleries=shown,
    )
