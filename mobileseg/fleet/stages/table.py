"""The stages as data. A new stage is one file and one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mobileseg.fleet.plan.matrix import NONE, Cell

WHERE = Literal["compute", "device"]
FILE = ("model", "weights", "size", "target", "precision", "recipe")
"""The axes of a cell that make an exported file."""


@dataclass(frozen=True)
class StageSpec:
    """``axes``: those of a cell that the stage depends on; a stage of two cells that agree in them is done once. ``after``: the stages
    that must be done before. ``where``: on any worker, or on the one that has the cell's device. ``inputs``: dotted path of
    ``f(cell, workshop, earlier) -> inputs``, ``options`` of ``f(cell, workshop) -> options``, ``run`` of a ``Run``.
    ``wanted``: the axis that must name something for the stage to be part of a cell."""

    name: str
    title: str
    axes: tuple[str, ...]
    after: tuple[str, ...]
    where: WHERE
    inputs: str
    options: str
    run: str
    wanted: str | None = None

    def of(self, cell: Cell) -> bool:
        """Whether the cell has this stage."""
        return self.wanted is None or getattr(cell, self.wanted) != NONE


def _row(
    name: str,
    title: str,
    module: str,
    where: WHERE,
    axes: tuple[str, ...],
    after: tuple[str, ...],
    wanted: str | None = None,
) -> StageSpec:
    home = f"mobileseg.fleet.stages.{module}"
    return StageSpec(name, title, axes, after, where, f"{home}:inputs", f"{home}:options", f"{home}:run", wanted)


STAGES: Mapping[str, StageSpec] = {
    stage.name: stage
    for stage in (
        _row("export", "exports", "exporting", "compute", FILE, ()),
        _row("verify", "verifications", "verifying", "compute", FILE, ("export",)),
        _row("compare", "comparisons", "comparing", "compute", (*FILE, "data"), ("export", "verify"), "data"),
        _row(
            "latency",
            "measurements",
            "measuring",
            "device",
            (*FILE, "device", "threads", "protocol"),
            ("export", "verify"),
            "device",
        ),
    )
}
