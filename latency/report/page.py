"""Renders the page from results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.latency.report import accuracy, conditions, consistency, counts, differences, times
from mobileseg.latency.report.cells import Table
from mobileseg.latency.report.charts import Figure
from mobileseg.latency.report.documents import Results, Source
from mobileseg.latency.report.pictures import Gallery, galleries
from mobileseg.registry import require

if TYPE_CHECKING:
    from mobileseg.export.evaluation.compared import Comparison
    from mobileseg.latency.results.diff import Diff
    from mobileseg.latency.results.result import Result


@dataclass(frozen=True)
class Details:
    """A collapsed part of a section. ``facts``: pairs of title and text."""

    title: str
    tables: tuple[Table, ...] = ()
    facts: conditions.Facts = ()


@dataclass
class Section:
    """A part of the page. ``key``: its HTML id; ``notes`` and ``warnings`` come right after the heading."""

    key: str
    title: str
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    details: list[Details] = field(default_factory=list)
    galleries: tuple[Gallery, ...] = ()


class Page(str):
    """The HTML of a page. ``sources``: the results that it was made from."""

    sources: tuple[Source, ...]

    @classmethod
    def of(cls, text: str, sources: tuple[Source, ...]) -> Page:
        """A page with its sources."""
        page = cls(text)
        page.sources = sources
        return page


def render(found: Results, title: str) -> str:
    """The HTML of one self-contained page. Raises ``MissingExtraError`` without jinja2, ``RequestError`` if pictures are missing."""
    require(("jinja2",), "writing the page", "report")
    import jinja2

    loader = jinja2.FunctionLoader(_asset)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("page.html.jinja")
    return page.render(
        title=title,
        made=datetime.now(UTC),
        version=metadata.version("mobileseg"),
        sections=sections(found),
        sources=found.sources,
        style=_asset("page.css"),
        script=_asset("page.js"),
    )


def _asset(name: str) -> str:
    return resources.files("mobileseg.latency.report").joinpath(name).read_text(encoding="utf-8")


def sections(found: Results) -> list[Section]:
    """All sections for which there are results."""
    compared = [one for _, one in found.comparisons]
    measured = [one for _, one in found.measurements]
    groups = _by_data(compared)
    parts = [_accuracy(group[0].data, group, index) for index, group in enumerate(groups)]
    parts += _latency(measured, groups)
    parts += _counts(measured)
    parts += [_difference(index, source.path, diff) for index, (source, diff) in enumerate(found.differences)]
    shown = galleries([(source.path, one) for source, one in found.comparisons])
    if shown:
        parts.append(_pictures(shown))
    return parts


def short(data: str) -> str:
    """The last two parts of a data set's path; the captions have the whole path."""
    return "/".join(Path(data).parts[-2:])


def _by_data(compared: Sequence[Comparison]) -> list[list[Comparison]]:
    """Comparisons by data set: figures on different data sets are not comparable."""
    groups: dict[tuple[str, str | None], list[Comparison]] = {}
    for one in compared:
        groups.setdefault((one.data, one.data_sha256), []).append(one)
    return list(groups.values())


def _accuracy(data: str, group: Sequence[Comparison], index: int) -> Section:
    figures = [accuracy.size_figure(group), accuracy.class_figure(group), *map(accuracy.layer_figure, group)]
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
        details=[Details(f"{one.artifact_file}: gates, origin", (accuracy.gates(one),), _origin(one)) for one in group],
    )


def _origin(one: Comparison) -> conditions.Facts:
    return (
        ("sha256", one.artifact_sha256),
        ("weights", one.weights),
        ("compared", f"{one.created:%Y-%m-%d %H:%M} UTC"),
        ("versions", ", ".join(f"{name} {version}" for name, version in one.versions.items())),
    )


def _latency(measured: Sequence[Result], groups: Sequence[Sequence[Comparison]]) -> list[Section]:
    every = times.timed(measured)
    if not every:
        return []
    clocked = [result for result in measured if result.quantity == "time"]
    figures = [times.spread_figure(every), times.drift_figure(every)]
    figures += [times.tradeoff_figure(every, group) for group in groups]
    return [
        Section(
            key="latency",
            title="Latency",
            notes=("One inference, model only. Compare ratios within one run: absolute times drift between runs.",),
            warnings=conditions.warnings(clocked),
            tables=[times.table(every)],
            figures=[*(f for f in figures if f is not None), *times.operator_figures(every)],
            details=[_details(result) for result in clocked],
        )
    ]


def _counts(measured: Sequence[Result]) -> list[Section]:
    every = counts.counted(measured)
    if not every:
        return []
    counting = [result for result in measured if result.quantity == "counts"]
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
            figures=[figure] if figure else [],
            details=[_details(result) for result in counting],
        )
    ]


def _details(result: Result) -> Details:
    tables = [conditions.deviations(result)]
    if result.quantity == "time":
        tables.append(conditions.sensors(result))
    title = (
        f"{result.device}, {result.created:%Y-%m-%d %H:%M} UTC: conditions, protocol {result.protocol.name}, deviations"
    )
    return Details(title, tuple(t for t in tables if t is not None), conditions.facts(result))


def _difference(index: int, path: Path, diff: Diff) -> Section:
    lone = [
        f"only in {which}: {', '.join(files)}"
        for which, files in (("old", diff.only_old), ("new", diff.only_new))
        if files
    ]
    return Section(
        key=f"difference-{index}",
        title=f"New against old: {path.name}",
        notes=tuple(lone),
        warnings=tuple(f"compared despite a difference: {difference}" for difference in diff.allowed),
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
