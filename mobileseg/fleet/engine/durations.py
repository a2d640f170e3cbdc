"""How long stages took, for the hours in front of a sweep: means of what this store has seen, nothing assumed."""

from __future__ import annotations

from typing import Any

from mobileseg.fleet.engine.steps import Step
from mobileseg.fleet.store.folder import Store

NAME = "durations"


class Durations:
    """Means by stage, and for measurements by device, protocol and threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        found: Any = store.recall(NAME)
        self._sums: dict[str, list[float]] = found if isinstance(found, dict) else {}
        self._new = False

    def add(self, step: Step, seconds: float) -> None:
        """One more."""
        for name in _names(step):
            number, total = self._sums.get(name, [0, 0.0])
            self._sums[name] = [number + 1, total + seconds]
        self._new = True

    def expect(self, step: Step) -> float | None:
        """Seconds that the step is likely to take: the mean of those most like it; None where nothing like it was ever done."""
        for name in _names(step):
            number, total = self._sums.get(name, [0, 0.0])
            if number:
                return total / number
        return None

    def keep(self) -> None:
        """Remember them in the store."""
        if self._new:
            self._store.remember(NAME, self._sums)


def _names(step: Step) -> tuple[str, ...]:
    """The most particular name first."""
    cell, stage = step.cell, step.stage.name
    if step.stage.where == "device":
        return (
            f"{stage} {cell.device} {cell.protocol} {cell.threads} {cell.model}",
            f"{stage} {cell.protocol} {cell.threads}",
        )
    return f"{stage} {cell.model} {cell.target} {cell.precision}", stage
