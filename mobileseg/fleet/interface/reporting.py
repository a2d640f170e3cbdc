"""``mobileseg.fleet.report``: one page of stores and of single results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mobileseg.errors import RequestError

if TYPE_CHECKING:
    from mobileseg.latency.report.page import Page


def report(
    results: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    title: str = "mobileseg results",
    force: bool = False,
) -> Page:
    """``mobileseg.latency.report``, which also takes stores of ``sweep``: all results of a store, and why cells have none.

    ``results``: folders of stores, and JSON files of ``compare``, ``measure`` and ``diff``, in any combination. ``output``: file to write
    the page to; ``title``: its heading; ``force`` overwrites it. Returns the HTML, a ``str`` whose ``sources`` are the results.

    Raises ``RequestError`` for a folder that is no store or has no results, and what ``mobileseg.latency.report`` raises.
    """
    from mobileseg.fleet.interface.storing import open_store
    from mobileseg.fleet.records.reporting import failed_in, results_in
    from mobileseg.latency.report import check_page, write_page
    from mobileseg.latency.report.documents import Failed, Results, read_results

    path = check_page(output, force)
    files: list[Path] = []
    names: dict[Path, str] = {}
    failed: tuple[Failed, ...] = ()
    for name in [results] if isinstance(results, str | Path) else results:
        if not Path(name).is_dir():
            files.append(Path(name))
            continue
        store = open_store(name)
        outcomes = list(store.outcomes())
        kept = results_in(outcomes, store)
        failures = failed_in(outcomes)
        if not kept and not failures:
            raise RequestError(
                expected=f"results in {name}", found="none", fix="name the --store of a sweep that measured something"
            )
        files += kept
        names |= kept
        failed += failures
    found = replace(read_results(files, names) if files or not failed else Results(), failed=failed)
    return write_page(found, path, title)
