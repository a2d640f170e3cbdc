"""The colour and shape of every file: the same in all charts of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mobileseg.latency.report.charts.figure import COLORS, Key

MOST_FILES = 8  # that have a colour each; of more files those of one model share one
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
GLYPHS = ("●", "■", "▲", "◆", "✚", "▼")
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (4, 4), (1, 3))


PRECISIONS = ("float32", "float16", "int8", "int8-float16")  # in this order, others after them


def precision_order(name: str) -> tuple[int, str]:
    """Sorts precisions."""
    return (PRECISIONS.index(name), "") if name in PRECISIONS else (len(PRECISIONS), name)


class Look(NamedTuple):
    """``color``: number of the colour; ``shape`` and ``glyph``: of points, in charts and legends; ``dash``: of lines."""

    color: int
    shape: str = SHAPES[0]
    glyph: str = GLYPHS[0]
    dash: tuple[int, ...] = DASHES[0]


@dataclass(frozen=True)
class Looks:
    """``files``: model and precision of each file name, in the order of the results."""

    files: dict[str, tuple[str, str]]

    @classmethod
    def of(cls, files: Iterable[tuple[str, str, str]]) -> Looks:
        """From name, model and precision of each file."""
        found: dict[str, tuple[str, str]] = {}
        for name, model, precision in files:
            found.setdefault(name, (model, precision))
        return cls(found)

    @property
    def by_file(self) -> bool:
        """Whether each file has a colour of its own."""
        return len(self.files) <= MOST_FILES

    def _colors(self) -> dict[str, int]:
        keys = self.files if self.by_file else dict.fromkeys(model for model, _ in self.files.values())
        return {key: 1 + place % (COLORS - 1) for place, key in enumerate(keys)}  # 0 is the reference model's

    def _precisions(self) -> list[str]:
        return sorted({precision for _, precision in self.files.values()}, key=precision_order)

    def look(self, file: str) -> Look:
        """The look of one of the files."""
        model, precision = self.files[file]
        place = self._precisions().index(precision) % len(SHAPES)
        return Look(self._colors()[file if self.by_file else model], SHAPES[place], GLYPHS[place], DASHES[place])

    def legend(self, shown: Iterable[str], shapes: bool = True) -> tuple[Key, ...]:
        """A key for each colour, and for each shape where several files share a colour. ``shown``: names of files; ``shapes``: points, not
        areas."""
        wanted = set(shown)
        files = [file for file in self.files if file in wanted]
        if self.by_file:
            return tuple(Key(file, self.look(file).color, self.look(file).glyph if shapes else "■") for file in files)
        models = {self.files[file][0]: self.look(file).color for file in files}
        glyphs = {self.files[file][1]: self.look(file).glyph for file in files} if shapes else {}
        return tuple(Key(model, color) for model, color in models.items()) + tuple(
            Key(precision, None, glyphs[precision]) for precision in sorted(glyphs, key=precision_order)
        )
