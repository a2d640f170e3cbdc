"""Tables on the screen. Their cells are plain text: the name of a file is never markup."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

WORDS = {"", "layer", "file", "device", "state", "what, or why not", "verdict", "figure", "operator", "module", "emit", "cell",
         "status", "known", "to do"}  # fmt: skip
"""Columns of text; the others are figures, and aligned to the right."""


def table(*titles: str) -> Table:
    """An empty table."""
    made = Table(box=None, pad_edge=False)
    for title in titles:
        made.add_column(title, justify="left" if title in WORDS else "right")
    return made


def add(made: Table, *cells: str) -> None:
    """One line."""
    made.add_row(*map(Text, cells))
