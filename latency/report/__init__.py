"""One self-contained HTML page from results. The package can be called, too: ``mobileseg.latency.report(results)``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.files import check_output, write_whole
from mobileseg.latency.callable_module import make_callable
from mobileseg.quiet import quiet

if TYPE_CHECKING:
    from mobileseg.latency.report.documents import Results
    from mobileseg.latency.report.page import Page


def report(
    results: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    title: str = "mobileseg results",
    force: bool = False,
) -> Page:
    """One HTML page from results: tables, charts, the worst images. It needs no network and no other file.

    ``results``: JSON files of ``compare``, ``measure`` and ``diff``, in any combination. ``output``: file to write the page to;
    ``title``: its heading. ``force`` overwrites it. Returns the HTML, a ``str`` whose ``sources`` are the results: path, kind, sha256.

    Several measurements of one file make a trend; the latest counts.

    Raises ``RequestError`` for files that are no results or are there twice, ``OutputError``, ``MissingExtraError``,
    ``EnvironmentLackError`` for results of another schema version.
    """
    path = check_page(output, force)
    with quiet():
        from mobileseg.latency.report.documents import read_results

    found = read_results([Path(name) for name in ([results] if isinstance(results, str | Path) else results)])
    return write_page(found, path, title)


def check_page(output: str | Path | None, force: bool) -> Path | None:
    """Where a page will be written. Raises ``OutputError``."""
    path = None if output is None else Path(output)
    if path is not None:
        check_output(path, force)
    return path


def write_page(found: Results, path: Path | None, title: str) -> Page:
    """The page of results, written where ``path`` says. Raises as ``report``."""
    with quiet():
        from mobileseg.latency.report.page import Page, render

    page = Page.of(render(found, title), found.sources)
    if path is not None:
        write_whole(path, page.encode())
    return page


make_callable(__name__, report)
