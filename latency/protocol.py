"""Measurement protocols as data. The protocol is stamped on each result: figures of different protocols do not compare.

On top of ``latency/`` because conditions, measuring and results are all built on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final, Literal

from mobileseg.document import Part
from mobileseg.errors import RequestError

# What can be wrong with a measurement; conditions/gates.py checks it.
GATES: Mapping[str, str] = {
    "hot": "a thermal zone is near the temperature at which the kernel throttles",
    "throttled": "the processor's clock limits or the device's thermal status changed while measuring, or its supply is too weak",
    "capped": "clocks are limited, and stay so: a balanced mode, a vendor's cap",
    "saver": "power saving is on",
    "busy": "other processes use the processor",
    "threads": "more threads than cores",
    "emulated": "the phone is emulated: its times mean nothing",
    "screen": "the screen is off: the system may slow down or stop what runs",
    "affinity": "the process does not run on the cores that were asked for",
    "warm-up": "times were still changing at the end of the warm-up",
    "cool-down": "no pause before the measurement",
    "repeats": "repetitions differ by too much",
    "resumed": "the device was lost and reconnected",
}


class Protocol(Part):
    """How to warm up, how long to time, how often to repeat, and which gates refuse.

    A *turn* is ``runs`` timed runs of every file, one file after the other: in another order each time if ``balanced``, so that every
    file is equally often at each place and behind each other file. Of several files each begins its part of a turn with ``settle``
    untimed runs, because the one before has filled the caches. A measurement has at least ``turns`` turns and at least ``min_seconds``
    of timed runs of every file. Before that, untimed runs: at least ``warmup_min`` and ``warmup_seconds`` of them, then until the medians
    of two consecutive windows differ by at most the share ``stable_within``, or there are ``warmup_max``.

    What has a default was not there in results of schema version 3; the default is what was done then.

    ``figure``: the statistic that is compared. ``repeats``: number of whole measurements, each in a new process, ``cool_down_s``
    seconds apart; their figures must agree within the share ``within``, which is also the margin of ``latency --diff``.
    ``refuse_before``: gates that stop the measurement; ``refuse_after``: gates that invalidate its result; all others are recorded.
    ``wait_s``: seconds to wait for a gate to open before refusing.
    """

    name: str
    title: str
    figure: Literal["median", "p90"]
    warmup_min: int
    warmup_max: int
    warmup_seconds: float = 0.0
    stable_within: float
    turns: int
    runs: int
    settle: int = 0
    balanced: bool = False
    min_seconds: float
    repeats: int
    cool_down_s: float
    within: float
    wait_s: float
    refuse_before: tuple[str, ...]
    refuse_after: tuple[str, ...]

    @property
    def definition(self) -> str:
        """Digest of all but the title. Figures compare only where it is the same: a name may get other numbers with a release."""
        return hashlib.sha256(self.model_dump_json(exclude={"title"}).encode()).hexdigest()[:12]

    def for_runner(self, **changes: float) -> str:
        """The part that a runner needs, as JSON for its ``--protocol``; ``changes``: numbers that are others for this run."""
        return json.dumps(self.model_dump(include={*RUNNERS}) | changes)


RUNNERS: Final = (
    "warmup_min", "warmup_max", "warmup_seconds", "stable_within", "turns", "runs", "settle", "balanced", "min_seconds",
)  # fmt: skip
"""What runners are told of a protocol. They run and report; this side judges."""

DEFAULT: Final = "quick"
PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            name="quick", title="a few seconds, on a machine in use: conditions are recorded, no gate refuses",
            figure="median", warmup_min=4, warmup_max=40, warmup_seconds=0.5, stable_within=0.1, turns=10, runs=5,
            settle=1, balanced=True, min_seconds=0, repeats=1, cool_down_s=0, within=0.1, wait_s=0, refuse_before=(), refuse_after=(),
        ),
        Protocol(
            name="standard", title="about half a minute per file; refuses heat, throttling and power saving",
            figure="median", warmup_min=10, warmup_max=200, warmup_seconds=0.5, stable_within=0.05, turns=30, runs=10,
            settle=1, balanced=True, min_seconds=10, repeats=1, cool_down_s=0, within=0.05, wait_s=60,
            refuse_before=("hot", "throttled", "saver", "screen", "emulated"), refuse_after=("throttled", "screen", "affinity"),
        ),
        Protocol(  # MLPerf Mobile, single stream: at least 1024 queries and 60 s, 90th percentile, pauses of 5 minutes
            name="strict", title="after MLPerf Mobile: 1024 runs and 60 s, twice, 5 minutes apart, on an otherwise idle device",
            figure="p90", warmup_min=20, warmup_max=1000, warmup_seconds=0.5, stable_within=0.05, turns=64, runs=16,
            settle=1, balanced=True, min_seconds=60, repeats=2, cool_down_s=300, within=0.05, wait_s=300,
            refuse_before=("hot", "throttled", "saver", "busy", "threads", "cool-down", "screen", "emulated"),
            refuse_after=("hot", "throttled", "saver", "busy", "warm-up", "repeats", "resumed", "screen", "affinity"),
        ),
        Protocol(
            name="sustained", title="five minutes of timed runs of one file, to measure the drift under heat",
            figure="median", warmup_min=10, warmup_max=200, warmup_seconds=0.5, stable_within=0.05, turns=60, runs=5,
            settle=1, balanced=True, min_seconds=300, repeats=1, cool_down_s=0, within=0.05, wait_s=300,
            refuse_before=("hot", "throttled", "saver", "screen", "emulated"), refuse_after=("screen", "affinity"),
        ),
    )
}  # fmt: skip


def check_gates(names: tuple[str, ...]) -> None:
    """Raise ``RequestError`` for a name that is not in ``GATES``."""
    for name in names:
        if name not in GATES:
            raise RequestError(
                expected=f"one of the gates {', '.join(GATES)}",
                found=repr(name),
                fix="see `mobileseg latency --help`",
            )
