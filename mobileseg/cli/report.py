"""``report``: options, and what the page was made from."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from mobileseg.cli.console import megabytes, say
from mobileseg.cli.json_output import json_output
from mobileseg.cli.options import Force, Json

MOST_NAMED = 12


def report(
    results: Annotated[
        list[str],
        typer.Argument(
            help="Stores of `sweep`; JSON files of `compare --json`, `latency --json`, `latency --diff --json`.",
            show_default=False,
        ),
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="The page.")] = "report.html",
    title: Annotated[str, typer.Option(help="Title of the page.")] = "mobileseg results",
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Make one HTML page from results.

    It says which file is the fastest where, what changed and what was refused; then come tables, charts and the images that changed most.
    Several measurements of one file make a trend. It needs no network and no other file.
    """
    from mobileseg import fleet

    written = json_output(json_file, force)
    page = fleet.report(results, output, title=title, force=force)
    path = Path(output)
    size = path.stat().st_size
    if written is not None:
        sources = [{"kind": source.kind, "file": source.name, "sha256": source.sha256} for source in page.sources]
        written.write(json.dumps({"page": path.name, "size_bytes": size, "title": title, "sources": sources}, indent=1))
    if len(page.sources) <= MOST_NAMED:
        for source in page.sources:
            say(f"{source.kind:12} {source.path}")
    else:
        kinds = Counter(source.kind for source in page.sources)
        say(", ".join(f"{count} {kind}s" for kind, count in kinds.items()))
    say(f"{path} ({megabytes(size)})")
