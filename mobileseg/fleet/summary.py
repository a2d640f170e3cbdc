"""The result of a sweep, and what one would do: every cell with its figures, or why it has none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field, JsonValue

from mobileseg.document import Document, Part
from mobileseg.errors import GateError, NotMeasuredError
from mobileseg.fleet.engine.durations import Durations
from mobileseg.fleet.engine.steps import CellSteps, Step
from mobileseg.fleet.stages.workshop import Workshop
from mobileseg.fleet.store.outcome import Context, Failure

HOUR_S = 3600.0


class CellResult(Part):
    """One cell. ``axes``: as the plan has it, devices by their alias. ``status``: ``missing`` where it was not done, for the reason in
    ``why``. ``known``: stages that were there before. ``keys``: of its outcomes in the store, by stage; ``figures`` likewise."""

    axes: dict[str, str]
    status: Literal["done", "failed", "missing"]
    known: tuple[str, ...]
    keys: dict[str, str]
    figures: dict[str, dict[str, JsonValue]]
    failed_stage: str | None = None
    failure: Failure | None = None
    why: str | None = None


class SweepResult(Document):
    """``steps``: how many there were, and ``done_now``: how many of them this run did. ``away``: devices that were not there at the end,
    each with the reason."""

    schema_version: Literal[1] = 1
    created: datetime
    context: Context
    cells: tuple[CellResult, ...]
    steps: int
    done_now: int
    seconds: float
    away: dict[str, str] = Field(default={})

    def check(self) -> None:
        """Raise ``GateError`` where cells failed, ``NotMeasuredError`` where some were not done."""
        for status, kind, fix in (
            ("failed", GateError, "see them above; repeat with --retry failed"),
            ("missing", NotMeasuredError, "connect the devices and repeat the command: the rest is known"),
        ):
            left = [cell for cell in self.cells if cell.status == status]
            if left:
                reasons = dict.fromkeys(str(cell.failure or cell.why) for cell in left)
                raise kind(
                    expected=f"all {len(self.cells)} cells done",
                    found=f"{len(left)} {status}, the first: {next(iter(reasons))}",
                    fix=fix,
                )


class PlannedCell(Part):
    """``known``: stages whose outcome is there, with those that failed marked; ``open``: stages to do. A stage after one that is open is
    open."""

    axes: dict[str, str]
    known: tuple[str, ...]
    open: tuple[str, ...]
    failure: Failure | None = None


class SweepPlan(Document):
    """``hours``: by device, and ``compute`` for the rest, of what is open; ``unknown``: how many steps of it were never done alike, and are
    in no sum."""

    schema_version: Literal[1] = 1
    cells: tuple[PlannedCell, ...]
    hours: dict[str, float]
    unknown: dict[str, int]
    open_steps: int


def axes_of(row: CellSteps, workshop: Workshop) -> dict[str, str]:
    """The fields of a cell that say something, for people."""
    axes = {name: value for name, value in vars(row.cell).items() if value}
    return axes | ({"device": workshop.alias(row.cell.device)} if row.cell.device else {})


def result_of(
    rows: Sequence[CellSteps],
    steps: Sequence[Step],
    workshop: Workshop,
    context: Context,
    seconds: float,
    away: dict[str, str],
) -> SweepResult:
    """What a sweep has come to."""
    return SweepResult(
        created=datetime.now(UTC).replace(microsecond=0), context=context,
        cells=tuple(_cell(row, workshop, away) for row in rows), steps=len(steps),
        done_now=sum(step.outcome is not None and not step.known for step in steps), seconds=round(seconds, 1),
        away={workshop.alias(device): reason for device, reason in away.items()},
    )  # fmt: skip


def _cell(row: CellSteps, workshop: Workshop, away: dict[str, str]) -> CellResult:
    state, done = row.state, [step for step in row.steps if step.outcome is not None]
    failed = next((step for step in row.steps if step.state == "failed"), None)
    return CellResult(
        axes=axes_of(row, workshop),
        status="failed" if state == "failed" else "done" if state == "done" else "missing",
        known=tuple(step.stage.name for step in row.steps if step.known),
        keys={step.stage.name: step.key for step in done if step.key},
        figures={step.stage.name: step.outcome.figures for step in done if step.outcome},
        failed_stage=failed.stage.name if failed else None,
        failure=row.failure,
        why=None if state in ("done", "failed") else away.get(row.cell.device, "the sweep ended before"),
    )


def plan_of(rows: Sequence[CellSteps], steps: Sequence[Step], workshop: Workshop, durations: Durations) -> SweepPlan:
    """What a sweep would do."""
    hours: dict[str, float] = {}
    unknown: dict[str, int] = {}
    open_steps = [step for step in steps if step.state in ("waiting", "ready")]
    for step in open_steps:
        place = workshop.alias(step.device) if step.device else "compute"
        seconds = durations.expect(step)
        hours.setdefault(place, 0.0)
        if seconds is None:
            unknown[place] = unknown.get(place, 0) + 1
        else:
            hours[place] += seconds / HOUR_S
    return SweepPlan(
        cells=tuple(
            PlannedCell(
                axes=axes_of(row, workshop),
                known=tuple(f"{s.stage.name}{' (failed)' if s.state == 'failed' else ''}" for s in row.steps if s.outcome),
                open=tuple(step.stage.name for step in row.steps if step.state in ("waiting", "ready")),
                failure=row.failure,
            )
            for row in rows
        ),
        hours=hours, unknown=unknown, open_steps=len(open_steps),
    )  # fmt: skip
