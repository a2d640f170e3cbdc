"""The cells of a plan: the matrix without what is excluded, and what is included beside it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from fnmatch import fnmatchcase

from mobileseg.errors import RequestError
from mobileseg.export.targets import CALIBRATED, TARGETS
from mobileseg.fleet.plan.axes import AXES, DEFAULT
from mobileseg.fleet.plan.schema import Matrix, Plan, Rows

NONE = ""
"""Of ``data`` and ``device``: nothing is compared, nothing is measured."""


@dataclass(frozen=True)
class Cell:
    """One combination, each field as the plan has it. ``recipe`` is ``default`` where the precision has no ranges; ``threads`` and
    ``protocol`` are empty where nothing is measured."""

    model: str
    weights: str
    size: str
    target: str
    precision: str
    recipe: str
    data: str
    device: str
    threads: str
    protocol: str

    def __str__(self) -> str:
        shown = [text for text in astuple(self) if text not in (DEFAULT, NONE)]
        return " ".join(shown)


def cells(plan: Plan) -> list[Cell]:
    """All cells in the order of the plan, each once. Raises ``RequestError`` for a plan without any, and for combinations that no
    target has."""
    found: dict[Cell, None] = {}
    for cell in _product(_lists(plan.matrix)):
        if not any(matches(row, cell) for row in plan.exclude):
            found[_plain(cell)] = None
    for row in plan.include:
        for cell in _product(_lists(plan.matrix, row)):
            found[_plain(cell)] = None
    if not found:
        raise RequestError(expected="a plan with a cell", found="none: [[exclude]] leaves nothing", fix="exclude less")
    _check(found)
    return list(found)


def matches(row: Rows, cell: Cell) -> bool:
    """Whether a row of ``[[exclude]]`` means the cell."""
    asked = {name: patterns for name in AXES if (patterns := getattr(row, name)) is not None}
    return all(any(fnmatchcase(getattr(cell, name), one) for one in patterns) for name, patterns in asked.items())


def _lists(matrix: Matrix, row: Rows | None = None) -> dict[str, Sequence[str]]:
    own = {name: getattr(row, name) if row else None for name in AXES}
    return {name: own[name] or getattr(matrix, axis.key) or (NONE,) for name, axis in AXES.items()}


def _product(lists: Mapping[str, Sequence[str]]) -> Iterator[Cell]:
    return (Cell(*values) for values in itertools.product(*lists.values()))


def _plain(cell: Cell) -> Cell:
    """The cell without what has no meaning in it: two that differ in nothing else are one."""
    changes = {}
    if cell.precision not in CALIBRATED:
        changes["recipe"] = DEFAULT
    if cell.device == NONE:
        changes |= {"threads": NONE, "protocol": NONE}
    return Cell(**{**vars(cell), **changes}) if changes else cell


def _check(found: Iterable[Cell]) -> None:
    for target, precision in dict.fromkeys((cell.target, cell.precision) for cell in found):
        spec = TARGETS[target]
        if precision not in spec.precisions:
            why = spec.refused.get(precision)
            raise RequestError(
                expected=f"precisions that {target} has ({', '.join(spec.precisions)})",
                found=f"{precision} in the matrix{': ' + why if why else ''}",
                fix=f'leave it out: [[exclude]] target = "{target}", precision = "{precision}"',
            )
