"""The section of the page on what changed between two measurements."""

from __future__ import annotations

from dataclasses import replace

from mobileseg.latency.report.cells import Cell, Column, Table, interval, number, text_cell, verdict
from mobileseg.latency.results.diff import Diff


def changes(diff: Diff) -> Table:
    """One row per file and setting: old and new figure, their ratio, the verdict."""
    columns = (
        Column("File", numeric=False), Column("Threads"), Column("Figure", numeric=False), Column("Old"), Column("New"),
        Column("New : old", note="95 % interval over turns; counts repeat exactly"), Column("Verdict", numeric=False),
    )  # fmt: skip
    rows = []
    for change in diff.changes:
        exact = change.figure == "instructions"
        digits, unit = (0, "") if exact else (2, " ms")
        ratio = replace(
            number(change.ratio, 3, field="ratio"), second="exact" if exact else interval(change.interval, 3, 1.0)
        )
        rows.append((
            text_cell(change.file), Cell(str(change.threads), change.threads, "" if change.cores == "all" else change.cores),
            text_cell(change.figure), number(change.old, digits, unit=unit, field="old"),
            number(change.new, digits, unit=unit, field="new"), ratio, verdict(change.verdict),
        ))  # fmt: skip
    caption = f"New against old; two measurements of one file may differ by {diff.margin:.0%}"
    return Table(caption, columns, tuple(rows))
