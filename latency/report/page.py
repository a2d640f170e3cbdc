"""Renders the page from results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import metadata, resources

from mobileseg.latency.report import vega
from mobileseg.latency.report.charts.figure import CONFIG
from mobileseg.latency.report.documents import Results, Source
from mobileseg.latency.report.sections import Section, sections
from mobileseg.latency.report.tags import Tags
from mobileseg.registry import require

SCRIPTS = ("tables.js", "filters.js", "charts.js")


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
    """The HTML of one self-contained page. Raises ``MissingExtraError`` without the extra ``report``, ``RequestError`` if pictures are
    missing."""
    require(("jinja2", vega.PACKAGE), "writing the page", "report")
    import jinja2

    loader = jinja2.FunctionLoader(_asset)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["data_script"] = vega.data_script
    parts = sections(found)
    return environment.get_template("page.html.jinja").render(
        title=title,
        made=datetime.now(UTC),
        version=metadata.version("mobileseg"),
        sections=parts,
        filters=filters(parts),
        sources=found.sources,
        style=_asset("page.css"),
        script="".join(_asset(name) for name in SCRIPTS),
        vega=vega.script() if any(section.figures for section in parts) else "",
        licences=_asset("vega_licences.txt"),
        config=CONFIG,
    )


def filters(parts: Sequence[Section]) -> dict[str, list[str]]:
    """What can be chosen: the values of each tag that has several."""
    found: dict[str, dict[str, None]] = {name: {} for name in Tags._fields}
    for tags in _tags(parts):
        for name, text in tags.fields().items():
            found[name][text] = None
    return {name: sorted(values) for name, values in found.items() if len(values) > 1}


def _tags(parts: Sequence[Section]) -> Iterator[Tags]:
    for section in parts:
        for table in section.tables:
            yield from table.tags


def _asset(name: str) -> str:
    return resources.files("mobileseg.latency.report").joinpath(name).read_text(encoding="utf-8")
