"""Plain aligned columns for `list` and `info`. Not rich's table: importing it takes a fifth of the half second that they may take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def columns(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, its cells padded."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def millions(count: int | None, unit: float, letter: str) -> str:
    """A count in ``unit``, or "not measured"."""
    return "not measured" if count is None else f"{count / unit:.3f} {letter}"
