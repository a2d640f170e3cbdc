"""The latency cost of layers that stay float: the file timed against one with all layers in int8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.export.backends.contract import Lowered, Timer
from mobileseg.export.quantization.keep_float import KeepFloat

if TYPE_CHECKING:
    from mobileseg.data.images import Batch


def with_latency(asked: KeepFloat, timer: Timer, kept: Lowered, whole: Lowered, batch: Batch) -> KeepFloat:
    """``asked`` with the time of ``kept`` over that of ``whole``, the file all in int8. The ratio holds on this machine alone: for
    another device measure both files there."""
    found = timer(kept.path, whole.path, batch)
    interval = None if found.interval is None else tuple(round(end, 4) for end in found.interval)
    return asked.model_copy(
        update={"latency_ratio": round(found.value, 4), "latency_interval": interval, "device": found.device}
    )
