"""What a runner says, checked: one event a line."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, TypeAdapter, ValidationError

from mobileseg.latency.devices.contract import RunnerFailedError


class Event(BaseModel):
    """Base: other fields may stand beside those that are known here."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Start(Event):
    """The process runs. ``threads`` is None where its runtimes differ."""

    event: Literal["start"]
    runner: str
    version: str
    threads: int | None = None
    cores: tuple[int, ...] | None = None


class Once(Event):
    """Cold load, or the first inference, of one model."""

    event: Literal["load", "first"]
    model: NonNegativeInt
    ms: NonNegativeFloat


class Warmup(Event):
    """All untimed runs."""

    event: Literal["warmup"]
    model: NonNegativeInt
    samples_ms: tuple[NonNegativeFloat, ...]
    stable: bool


class Turn(Event):
    """Timed runs of one model in one turn."""

    event: Literal["turn"]
    turn: NonNegativeInt
    model: NonNegativeInt
    samples_ms: Annotated[tuple[NonNegativeFloat, ...], Field(min_length=1)]
    at_s: NonNegativeFloat


class Counted(Event):
    """Of one inference of one model, from a device that counts instead of timing: ``instructions``, and what else it counts."""

    event: Literal["counts"]
    model: NonNegativeInt
    counts: dict[str, NonNegativeInt]


class Memory(Event):
    """``base_kb``: before anything was loaded, the peak counted from there; None where the peak is the whole process's."""

    event: Literal["memory"]
    base_kb: int | None = None
    peak_kb: int | None


class ProfileWritten(Event):
    """Where the runtime's own record is."""

    event: Literal["profile"]
    model: NonNegativeInt
    file: str


class End(Event):
    """Nothing is missing."""

    event: Literal["end"]


class Failure(Event):
    """What went wrong."""

    event: Literal["error"]
    expected: str
    found: str
    fix: str


AnyEvent = Start | Once | Warmup | Turn | Counted | Memory | ProfileWritten | End | Failure
_EVENTS: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="event")])


def parse_event(line: str) -> AnyEvent:
    """Raises ``RunnerFailedError`` for anything else."""
    try:
        return _EVENTS.validate_json(line)
    except ValidationError as error:
        raise RunnerFailedError(
            expected="an event of the runner",
            found=f"{line.strip()[:200]!r}: {error.errors()[0]['msg']}",
            fix="is that the runner of this release? report it with the line",
        ) from error
