"""The events of a runner: one JSON object per line of its standard output, checked by pydantic."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, TypeAdapter, ValidationError

from mobileseg.latency.devices.contract import RunnerFailedError


class Event(BaseModel):
    """Base class. Unknown fields are ignored, so that a runner may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Start(Event):
    """The process has started. ``threads`` is None if its runtimes use different numbers."""

    event: Literal["start"]
    runner: str
    version: str
    threads: int | None = None
    cores: tuple[int, ...] | None = None


class Once(Event):
    """Time of the cold load or of the first inference of one model."""

    event: Literal["load", "first"]
    model: NonNegativeInt
    ms: NonNegativeFloat


class Warmup(Event):
    """All warm-up runs of one model. ``stable``: whether the times had settled."""

    event: Literal["warmup"]
    model: NonNegativeInt
    samples_ms: tuple[NonNegativeFloat, ...]
    stable: bool


class Turn(Event):
    """The timed runs of one model in one turn. ``at_s``: begin of the turn since the process started."""

    event: Literal["turn"]
    turn: NonNegativeInt
    model: NonNegativeInt
    samples_ms: Annotated[tuple[NonNegativeFloat, ...], Field(min_length=1)]
    at_s: NonNegativeFloat


class State(Event):
    """The device between two turns. ``values``: the numbers in the watched files, None for what could not be read; ``core``,
    ``switches``, ``thermal_status``: see ``conditions.course.Course``."""

    event: Literal["state"]
    at_s: NonNegativeFloat
    values: tuple[int | None, ...] = ()
    core: int | None = None
    switches: int | None = None
    thermal_status: int | None = None


class Beat(Event):
    """A sign of life of a runner that has nothing to tell yet."""

    event: Literal["beat"]


class Counted(Event):
    """Counts of one inference of one model, from a device that counts instead of timing, by name (see ``Counts``)."""

    event: Literal["counts"]
    model: NonNegativeInt
    counts: dict[str, NonNegativeInt]


class Memory(Event):
    """``peak_kb``: peak of the process in KiB. ``base_kb``: memory before anything was loaded; None if that is not known."""

    event: Literal["memory"]
    base_kb: int | None = None
    peak_kb: int | None


class ProfileWritten(Event):
    """Where the runtime's profile was written."""

    event: Literal["profile"]
    model: NonNegativeInt
    file: str


class End(Event):
    """The last event of a run that finished."""

    event: Literal["end"]


class Failure(Event):
    """The runner stopped with an error."""

    event: Literal["error"]
    expected: str
    found: str
    fix: str


AnyEvent = Start | Once | Warmup | Turn | State | Beat | Counted | Memory | ProfileWritten | End | Failure
_EVENTS: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="event")])


def parse_event(line: str) -> AnyEvent:
    """The event in one line of output. Raises ``RunnerFailedError`` for anything else."""
    try:
        return _EVENTS.validate_json(line)
    except ValidationError as error:
        raise RunnerFailedError(
            expected="an event of the runner",
            found=f"{line.strip()[:200]!r}: {error.errors()[0]['msg']}",
            fix="check that the runner is of this release of mobileseg, or report the line",
        ) from error
