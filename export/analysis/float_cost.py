"""What layers that stay float cost in latency: the file against one all in int8, in turns on the machine that made them."""

from __future__ import annotations

import platform
import statistics
import time
from typing import TYPE_CHECKING

from mobileseg.export.backends.contract import Lowered
from mobileseg.export.quantization.keep_float import KeepFloat
from mobileseg.export.targets import TargetSpec
from mobileseg.registry import load

if TYPE_CHECKING:
    from mobileseg.data.images import Batch
    from mobileseg.export.backends.contract import Runtime

WARM_UP, TURNS = 3, 21


def with_latency(asked: KeepFloat, target: TargetSpec, kept: Lowered, whole: Lowered, batch: Batch) -> KeepFloat:
    """``asked`` with the ratio of the medians of ``kept`` and ``whole``, the file all in int8. A latency of another machine is
    another ratio: measure there with ``mobileseg latency``."""
    runtimes = [load(target.runtime)(lowered.path) for lowered in (kept, whole)]
    ratio = ratio_of_medians(runtimes[0], runtimes[1], batch)
    return asked.model_copy(update={"latency_ratio": round(ratio, 4), "device": f"host ({platform.machine()})"})


def ratio_of_medians(first: Runtime, second: Runtime, batch: Batch) -> float:
    """The time of an inference of ``first`` by that of ``second``, run in turns."""
    samples: tuple[list[int], list[int]] = ([], [])
    for turn in range(-WARM_UP, TURNS):
        for runtime, times in zip((first, second), samples, strict=True):
            begin = time.perf_counter_ns()
            runtime.run(batch)
            if turn >= 0:
                times.append(time.perf_counter_ns() - begin)
    return statistics.median(samples[0]) / statistics.median(samples[1])
