"""Where results lie, and how committed ones name a folder of data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mobileseg.errors import RequestError
from mobileseg.files import write_whole


def shown(data: Path) -> str:
    """The last two folders of its path: results say nothing of the machine that made them."""
    return "/".join(data.resolve().parts[-2:])


def between(text: str, begin: str, end: str, lines: Sequence[str]) -> str:
    """``text`` with ``lines`` in place of what stands between its two markers."""
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}"


def write_between(page: Path, begin: str, end: str, lines: Sequence[str]) -> None:
    """``between`` for the text of a page, in place."""
    write_whole(page, between(page.read_text(encoding="utf-8"), begin, end, lines).encode())


def read_text(path: Path, maker: str) -> str:
    """The text of a results file. Raises ``RequestError`` that names the script which makes it."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(
            expected=f"results at {path}",
            found=getattr(error, "strerror", None) or str(error),
            fix=f"run `python {maker}`",
        ) from error
