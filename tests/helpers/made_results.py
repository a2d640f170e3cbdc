"""Results as measurements give them, made from numbers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from mobileseg.latency.conditions.sensors import Core, Properties, Sensors
from mobileseg.latency.emulation.counts import Counts
from mobileseg.latency.protocol import PROTOCOLS
from mobileseg.latency.results import summary
from mobileseg.latency.results.result import Result, Series, Session

MACHINE = Properties(model="m", soc="s", os="o", kernel="k", architecture="aarch64", cores=(Core(number=0),))


def series(turns: Sequence[Sequence[float]], session: int = 0, **changes: Any) -> Series:
    head: dict[str, Any] = {
        "file": "a.pte", "sha256": "0", "model": "m", "target": "executorch", "precision": "int8", "size": (1, 1), "emit": "logits",
        "session": session, "samples_ms": tuple(float(t) for turn in turns for t in turn),
        "at_s": tuple(float(i) for i in range(len(turns))),
    }  # fmt: skip
    return Series(**head | (summary.summarize(turns)._asdict() if len(turns) else {}) | changes)


def result(*rows: Series, **changes: Any) -> Result:
    sessions = tuple(
        Session(
            threads=1,
            cores_asked="all",
            cores=(0,),
            repeat=i,
            runner="python",
            versions="",
            before=Sensors(),
            after=None,
        )
        for i in range(1 + max(row.session for row in rows))
    )
    head: dict[str, Any] = {
        "created": datetime.now(UTC), "device": "host", "properties": MACHINE, "protocol": PROTOCOLS["quick"], "versions": {},
        "input": "", "sessions": sessions, "series": rows, "complete": True,
    }  # fmt: skip
    return Result(**head | changes)


def around(median: float, seed: int = 0) -> list[list[float]]:
    return np.random.default_rng(seed).normal(median, 0.01 * median, (10, 5)).tolist()


def counts(instructions: int) -> Counts:
    return Counts.model_validate(dict.fromkeys(Counts.model_fields, 0) | {"instructions": instructions})
