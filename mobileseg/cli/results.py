"""``results``: a store of results, indexed and asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobileseg.cli.json_output import JsonOutput, json_output
from mobileseg.cli.options import Force, Json
from mobileseg.errors import RequestError

if TYPE_CHECKING:
    from mobileseg.fleet.records.trend import Trends

ACTIONS = ("index", "query", "trend")


def results(
    action: Annotated[str, typer.Argument(metavar="index|query|trend", help="What to do.", show_default=False)],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE ...|SQL]",
            help="index: JSON of latency and compare to take in. query: SQL.",
            show_default=False,
        ),
    ] = None,
    store: Annotated[str, typer.Option(metavar="FOLDER", help="The store of `mobileseg sweep`.")] = "sweep-store",
    csv: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="query: write the answer as CSV to this file; '-' is standard output."),
    ] = None,
    json_file: Json = None,
    force: Force = False,
) -> None:
    """Index a store of results, ask it in SQL, or show trends.

    index writes the tables runs, cells, series and samples as Parquet; query asks them with DuckDB; trend shows where the figure of a cell
    changed from one measurement to the next.
    """
    words = arguments or []
    _check(action, words, csv)
    from mobileseg import fleet
    from mobileseg.cli.console import say

    output = json_output(json_file, force)
    if action == "index":
        counts = fleet.index(words, store=store)
        if output is not None:
            output.write(json.dumps(counts, indent=1))
        say(", ".join(f"{count} {name}" for name, count in counts.items()))
    elif action == "query":
        table = json_output(csv, force)
        answer = fleet.query(words[0], store=store)
        _answer(answer.columns, answer.rows, output, table)
    else:
        found = fleet.trend(store=store)
        if output is not None:
            output.write(found.to_json())
        _trends(found)


def _check(action: str, words: Sequence[str], csv: str | None) -> None:
    """Raise ``RequestError`` for what does not go together."""
    if action not in ACTIONS:
        raise RequestError(expected=", ".join(ACTIONS), found=repr(action), fix="choose one of them")
    if csv is not None and action != "query":
        raise RequestError(expected="--csv with query", found=action, fix="leave --csv out")
    if action == "query" and len(words) != 1:
        raise RequestError(
            expected="one question in SQL", found=f"{len(words)} arguments", fix="quote it: 'select * from cells'"
        )
    if action == "trend" and words:
        raise RequestError(expected="trend without arguments", found=words[0], fix="use query to choose")


def _answer(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], output: JsonOutput | None, table: JsonOutput | None
) -> None:
    from mobileseg.cli.console import results as screen
    from mobileseg.cli.tables import add
    from mobileseg.fleet.records.parquet import csv_text

    if table is not None:
        table.write(csv_text(columns, rows))
    if output is not None:
        output.write(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1, default=str))
    from rich.table import Table

    made = Table(box=None, pad_edge=False)
    for column in columns:
        made.add_column(column)
    for row in rows:
        add(made, *("" if cell is None else str(cell) for cell in row))
    screen().print(made)


def _trends(found: Trends) -> None:
    from mobileseg.cli.console import results as screen
    from mobileseg.cli.console import say
    from mobileseg.cli.tables import add, table

    made = table("cell", "measured", "first", "last", "last change", "since")
    for trend in found.trends:
        step = trend.steps[-1] if trend.steps else None
        cell = " ".join(value for name, value in trend.cell.items() if name != "machine")
        change = (
            "none"
            if step is None
            else f"{step.verdict} {step.ratio:.3f}{' (runtime changed)' if step.runtime_changed else ''}"
        )
        at = "" if step is None else trend.points[step.at]
        since = "" if isinstance(at, str) else f"{at.created:%Y-%m-%d}{f' {at.commit[:10]}' if at.commit else ''}"
        ends = (f"{point.value:.3f} {trend.unit}" for point in (trend.points[0], trend.points[-1]))
        add(made, cell, str(len(trend.points)), *ends, change, since)
    screen().print(made)
    for trend in found.trends:
        for index in trend.protocol_changes:
            name = " ".join(value for name, value in trend.cell.items() if name != "machine")
            switched = trend.points[index].created
            say(
                f"{name}: protocol {trend.cell['protocol']} has other numbers since {switched:%Y-%m-%d}; "
                "not compared across it"
            )
    if not found.trends:
        say("no cell was measured twice")
    if found.left_out:
        say(f"{found.left_out} series left out: incomplete, or refused by their protocol")
