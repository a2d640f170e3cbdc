"""A command line that is refused, with the files that it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from layouts import picture, save

Make = Callable[[Path], object]


def nothing(folder: Path) -> None:
    """The folder stays empty."""


@dataclass(frozen=True)
class Case:
    """``arguments`` are run in a folder that is empty but for what ``make`` writes. ``words``: must be said, with the exit code ``code``.
    ``usage``: refused by the parser of the command line, whose messages have another form. ``needs``: a package. ``setting``: of the
    environment."""

    name: str
    arguments: tuple[str, ...]
    words: tuple[str, ...]
    make: Make = nothing
    code: int = 2
    usage: bool = False
    needs: str | None = None
    setting: tuple[tuple[str, str], ...] = ()


def both(*makes: Make) -> Make:
    """One after the other."""

    def make(folder: Path) -> None:
        for one in makes:
            one(folder)

    return make


def file(name: str, content: bytes | str) -> Make:
    """A file of this content, in a folder of its own where ``name`` says so."""

    def make(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def empty_folder(name: str) -> Make:
    """An empty folder."""
    return lambda folder: (folder / name).mkdir(parents=True)


def photo(folder: Path) -> None:
    """``photo.png``, an image that can be read."""
    save(folder / "photo.png", picture(0, (64, 64)))
