"""What a stage is given and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from pydantic import JsonValue

from mobileseg.errors import MobilesegError
from mobileseg.fleet.store.outcome import Blob, Context


@dataclass(frozen=True)
class Order:
    """One step for a worker. ``run``: dotted path of the stage's ``Run``; ``inputs``: what its key is made of; ``options``: what the
    stage needs beside them and the key does not have, such as paths; ``needs``: files by name, as an earlier stage made them.
    ``device``: as ``latency --device`` takes it, and its ``alias`` for records. ``again``: a failure of the same key is replaced."""

    stage: str
    key: str
    run: str
    inputs: Mapping[str, JsonValue]
    options: Mapping[str, JsonValue]
    needs: Mapping[str, Blob]
    context: Context
    device: str | None = None
    alias: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Made:
    """What a stage made: files by name, and the figures that tables show. ``error``: it has a result, and one that is not good."""

    files: Mapping[str, Path]
    figures: Mapping[str, JsonValue] = field(default_factory=dict)
    error: MobilesegError | None = None


class Run(Protocol):
    """The work of a stage. ``folder``: an empty one to write in; ``files``: where what the order needs is.

    Raises ``MobilesegError``, which is the step's result; ``AwayError`` where the device cannot be used now.
    """

    def __call__(self, order: Order, files: Mapping[str, Path], folder: Path) -> Made: ...


class AwayError(Exception):
    """The device cannot be used now: the step has no result, and is done when the device is back. Its text is the reason."""


class BusyError(AwayError):
    """Somebody else measures on the device: that costs the step none of its attempts."""


class Report(NamedTuple):
    """What a worker says. ``done``: ``outcome`` has the result; ``away``: ``reason`` says why the device is not there; ``busy``: who
    uses it; ``unfit``: why this worker cannot do it. ``files``: packed, by sha256, where the worker does not see the store."""

    state: Literal["done", "away", "busy", "unfit"]
    outcome: bytes | None = None
    reason: str | None = None
    files: Mapping[str, bytes] = {}
