"""How a measurement is made, as data. The protocol is stamped on its result: figures of different protocols do not compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from mobileseg.errors import RequestError
from mobileseg.export.manifest import Part

# What may be wrong with a measurement; see conditions.py.
GATES: Mapping[str, str] = {
    "hot": "a thermal zone is near the point at which the kernel slows down",
    "throttled": "the processor is slowed down",
    "saver": "the system saves power",
    "busy": "something else uses the processor",
    "threads": "more threads than cores",
    "warm-up": "the times had not settled when warm-up ended",
    "cool-down": "no pause before the measurement",
    "repeats": "repetitions are too far apart",
    "resumed": "the device was lost and came back",
}


class Protocol(Part):
    """A *turn* is ``runs`` timed runs of every file, one file after the other; there are at least ``turns``, and at least
    ``min_seconds`` of timed runs of every file. Before: untimed runs until the medians of two windows agree ``stable_within``.

    ``figure``: the one that counts. ``repeats``: whole measurements in new processes, ``cool_down_s`` apart, whose figures
    agree ``within``; ``within`` is also what two measurements may differ by without one being called faster.
    ``refuse_before``, ``refuse_after``: gates that stop the measurement, or that make its result not good; the others are recorded.
    ``wait_s``: how long a gate may take to open.
    """

    name: str
    title: str
    figure: Literal["median", "p90"]
    warmup_min: int
    warmup_max: int
    stable_within: float
    turns: int
    runs: int
    min_seconds: float
    repeats: int
    cool_down_s: float
    within: float
    wait_s: float
    refuse_before: tuple[str, ...]
    refuse_after: tuple[str, ...]


DEFAULT: Final = "quick"
PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            name="quick", title="seconds, on a machine in use: conditions are recorded, nothing is refused",
            figure="median", warmup_min=4, warmup_max=40, stable_within=0.1, turns=10, runs=5, min_seconds=0,
            repeats=1, cool_down_s=0, within=0.1, wait_s=0, refuse_before=(), refuse_after=(),
        ),
        Protocol(
            name="standard", title="half a minute a file; refuses heat, throttling and power saving",
            figure="median", warmup_min=10, warmup_max=200, stable_within=0.05, turns=30, runs=10, min_seconds=10,
            repeats=1, cool_down_s=0, within=0.05, wait_s=60,
            refuse_before=("hot", "throttled", "saver"), refuse_after=("throttled",),
        ),
        Protocol(  # MLPerf Mobile's single stream: at least 1024 queries and 60 s, the 90th percentile counts, pauses of 5 minutes
            name="strict", title="after MLPerf Mobile: 1024 runs and 60 s, twice, 5 minutes apart, on a device that does nothing else",
            figure="p90", warmup_min=20, warmup_max=1000, stable_within=0.05, turns=64, runs=16, min_seconds=60,
            repeats=2, cool_down_s=300, within=0.05, wait_s=300,
            refuse_before=("hot", "throttled", "saver", "busy", "threads", "cool-down"),
            refuse_after=("hot", "throttled", "saver", "busy", "warm-up", "repeats", "resumed"),
        ),
        Protocol(
            name="sustained", title="five minutes of timed runs a file, to see what heat does: the drift is the finding",
            figure="median", warmup_min=10, warmup_max=200, stable_within=0.05, turns=60, runs=5, min_seconds=300,
            repeats=1, cool_down_s=0, within=0.05, wait_s=300,
            refuse_before=("hot", "throttled", "saver"), refuse_after=(),
        ),
    )
}  # fmt: skip


def check_gates(names: tuple[str, ...]) -> None:
    """Raise ``RequestError`` for a gate that there is not."""
    for name in names:
        if name not in GATES:
            raise RequestError(
                expected=f"a gate: {', '.join(GATES)}", found=repr(name), fix="see `mobileseg latency --help`"
            )
