"""The one figure of accuracy that stands beside a latency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mobileseg.latency.report.cells import known

if TYPE_CHECKING:
    from mobileseg.export.evaluation.compared import Comparison


@dataclass(frozen=True)
class Score:
    """``value``: of the file, 0..1, with its interval; ``change``: file minus reference model, with its interval; None: not measured."""

    metric: str
    value: float
    value_interval: tuple[float, float]
    change: float | None
    interval: tuple[float, float] | None


def score(one: Comparison | None) -> Score | None:
    """mIoU, or top-1 of a classifier; None if not measured."""
    if one is None:
        return None
    if one.ranking is not None:
        metric, value, ends = "top-1", one.ranking.artifact.top1, one.ranking.artifact.interval
    elif one.artifact is not None:
        metric, value, ends = "mIoU", one.artifact.miou, one.artifact.interval
    else:
        return None
    if not known(value):
        return None
    gain = next((gain for gain in one.gains if gain.metric == metric), None)
    return Score(metric, value, ends, gain.value if gain else None, gain.interval if gain else None)


def newest(compared: Iterable[Comparison]) -> dict[str, Comparison]:
    """The newest comparison of each file, by its sha256; those with labels first."""
    ranked = sorted(compared, key=lambda one: (score(one) is not None, one.created))
    return {one.artifact_sha256: one for one in ranked}
