"""The steps of a sweep: every stage of every cell, once, with what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from mobileseg.errors import MobilesegError
from mobileseg.fleet.plan.axes import on_worker
from mobileseg.fleet.plan.matrix import Cell
from mobileseg.fleet.stages.contract import Order
from mobileseg.fleet.stages.table import STAGES, StageSpec
from mobileseg.fleet.stages.workshop import Workshop
from mobileseg.fleet.store.folder import Store
from mobileseg.fleet.store.keys import key_of
from mobileseg.fleet.store.outcome import Context, Failure, Outcome
from mobileseg.latency.devices.table import split
from mobileseg.registry import load

State = Literal["waiting", "ready", "running", "done", "failed", "blocked"]
ENDED: tuple[State, ...] = ("done", "failed", "blocked")


@dataclass(eq=False)
class Step:
    """``cell``: one of those that it is part of. ``inputs`` and their ``key``: as soon as they can be found out. ``outcome``: of a step
    that is done or failed. ``known``: it was there before this sweep. ``failure``: why there is no outcome, where the step could not
    even be asked for."""

    stage: StageSpec
    cell: Cell
    after: tuple[Step, ...]
    state: State = "waiting"
    inputs: Mapping[str, JsonValue] = field(default_factory=dict)
    key: str | None = None
    outcome: Outcome | None = None
    failure: Failure | None = None
    known: bool = False
    attempts: int = 0
    followers: list[Step] = field(default_factory=list)

    @property
    def device(self) -> str | None:
        """The device that it needs for itself, None where any worker will do: also for devices that are emulated, and only count."""
        return self.cell.device if self.stage.where == "device" and is_timed(self.cell.device) else None

    def earlier(self) -> dict[str, Outcome]:
        """What the steps before it made, by stage."""
        return {step.stage.name: step.outcome for step in self.after if step.outcome is not None}


@dataclass(frozen=True)
class CellSteps:
    """A cell with its steps in the order of the stages."""

    cell: Cell
    steps: tuple[Step, ...]

    @property
    def state(self) -> State:
        """``failed`` where any step failed or is blocked, ``done`` where all are."""
        states = {step.state for step in self.steps}
        if states & {"failed", "blocked"}:
            return "failed"
        return "done" if states == {"done"} else "running" if "running" in states else "waiting"

    @property
    def failure(self) -> Failure | None:
        """Why it failed: what its first failed step says."""
        for step in self.steps:
            if step.state == "failed":
                return step.failure or (step.outcome.failure if step.outcome else None)
        return None


def is_timed(device: str) -> bool:
    """Whether a device measures times, and so has to have nothing else to do."""
    return split(on_worker(device))[0].count is None


def steps_of(cells: Iterable[Cell]) -> tuple[list[Step], list[CellSteps]]:
    """The distinct steps, each after those that it waits for, and the cells with theirs."""
    found: dict[tuple[str, ...], Step] = {}
    rows = []
    for cell in cells:
        own: dict[str, Step] = {}
        for stage in STAGES.values():
            if not stage.of(cell):
                continue
            identity = (stage.name, *(getattr(cell, axis) for axis in stage.axes))
            if identity not in found:
                after = tuple(own[name] for name in stage.after)
                step = found[identity] = Step(stage, cell, after)
                for before in after:
                    before.followers.append(step)
            own[stage.name] = found[identity]
        rows.append(CellSteps(cell, tuple(own.values())))
    return list(found.values()), rows


def settle(step: Step, workshop: Workshop, store: Store, retry: bool, run: str) -> State:
    """Decide what a step is, and return it: blocked by what failed before it, known in the store, or ready to be done; waiting, where what
    is before it has not ended. A step whose inputs cannot be found out (weights that do not exist) has failed with that error.
    ``retry``: a failure of an earlier run is not known."""
    step.state = _state(step, workshop, store, retry, run)
    return step.state


def _state(step: Step, workshop: Workshop, store: Store, retry: bool, run: str) -> State:
    if any(before.state in ("failed", "blocked") for before in step.after):
        return "blocked"
    if not all(before.state == "done" for before in step.after):
        return "waiting"
    try:
        step.inputs = load(step.stage.inputs)(step.cell, workshop, step.earlier())
    except MobilesegError as error:
        step.failure = Failure.of(error)
        return "failed"
    step.key = key_of(step.stage.name, step.inputs)
    outcome = store.get(step.stage.name, step.key)
    if outcome is None or (retry and outcome.status == "failed" and outcome.context.run != run):
        return "ready"
    step.outcome, step.known = outcome, outcome.context.run != run
    return outcome.status


def order_of(step: Step, workshop: Workshop, context: Context, again: bool) -> Order:
    """The order of a step that is ready."""
    earlier, measures = step.earlier(), step.stage.where == "device"
    assert step.key is not None
    return Order(
        stage=step.stage.name, key=step.key, run=step.stage.run, inputs=step.inputs,
        options=load(step.stage.options)(step.cell, workshop), needs=earlier["export"].files if "export" in earlier else {},
        context=context, device=on_worker(step.cell.device) if measures else None,
        alias=workshop.alias(step.cell.device) if measures else None, again=again,
    )  # fmt: skip
