"""The line of the user's code at which something happened."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

OURS = Path(__file__).resolve().parents[2]
LIBRARIES = frozenset(("torch", "torchao", "executorch", "_pytest", "pluggy", "xdist", "typer", "click", "functorch"))


class Line(NamedTuple):
    """A line of code. ``file``: its name with the folder that it is in; ``text``: the line itself, empty where it cannot be read."""

    file: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number}" + (f": {self.text}" if self.text else "")


def line_of_error(error: BaseException) -> Line | None:
    """The innermost line of the user's code in an error's traceback, or in that of what caused it."""
    seen: BaseException | None = error
    found = None
    while seen is not None and found is None:
        trace, places = seen.__traceback__, []
        while trace is not None:
            places.append((trace.tb_frame.f_code, trace.tb_lineno))
            trace = trace.tb_next
        found = _innermost(reversed(places))
        seen = seen.__cause__ or seen.__context__
    return found


def line_now() -> Line | None:
    """The innermost line of the user's code that is being executed."""
    return _innermost(_stack(sys._getframe(1)))


def _stack(frame: FrameType | None) -> Iterator[tuple[CodeType, int]]:
    while frame is not None:
        yield frame.f_code, frame.f_lineno
        frame = frame.f_back


def _innermost(places: Iterator[tuple[CodeType, int]]) -> Line | None:
    return next((_line(Path(code.co_filename), number) for code, number in places if _is_users(code.co_filename)), None)


def _is_users(name: str) -> bool:
    if name.startswith("<"):
        return False
    path = Path(name)
    parts = path.parts
    if "site-packages" in parts:
        package = parts[parts.index("site-packages") + 1]
        return package.removesuffix(".py") not in LIBRARIES
    standard = Path(sysconfig.get_paths()["stdlib"])
    return not (path.is_relative_to(standard) or path.is_relative_to(OURS) or _is_our_export(path))


def _is_our_export(path: Path) -> bool:
    """``mobileseg.export`` and ``mobileseg.latency`` lie beside the package in a checkout."""
    return any(path.is_relative_to(OURS.parent / part) for part in ("export", "latency", ".venv/bin"))


def _line(path: Path, number: int) -> Line:
    try:
        text = path.read_text(encoding="utf-8", errors="replace").splitlines()[number - 1].strip()
    except (OSError, IndexError):
        text = ""
    return Line(str(Path(*path.parts[-2:])), number, text)
