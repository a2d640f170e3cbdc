"""Rows of accuracy, a column a model, and the lines that go with them: the same in ``compare`` and ``evaluate``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mobileseg.cli.console import percent
from mobileseg.cli.tables import add

if TYPE_CHECKING:
    from rich.table import Table

    from mobileseg.export.evaluation.accuracy import Accuracy, Chance, PanopticAccuracy
    from mobileseg.export.evaluation.method import ProtocolPart
    from mobileseg.export.evaluation.ranking import RankingAccuracy


def add_accuracy(made: Table, models: Sequence[Accuracy]) -> None:
    """mIoU and what it is made of; panoptic quality where all have it."""
    add(made, "mIoU", *(percent(one.miou) for one in models))
    add(made, "  95 % interval", *(ends(one.interval) for one in models))
    add(made, "pixel accuracy", *(percent(one.pixel_accuracy) for one in models))
    instances = [one.panoptic for one in models if one.panoptic is not None]
    if len(instances) == len(models):
        _add_panoptic(made, instances)
    for name in models[0].iou:
        add(made, f"IoU {name}", *(percent(one.iou[name]) for one in models))


def _add_panoptic(made: Table, models: Sequence[PanopticAccuracy]) -> None:
    add(made, "PQ", *(percent(one.pq) for one in models))
    add(made, "  95 % interval", *(ends(one.interval) for one in models))
    for title, name in (("SQ", "sq"), ("RQ", "rq"), ("PQ things", "pq_things"), ("PQ stuff", "pq_stuff")):
        add(made, f"  {title}", *(percent(getattr(one, name)) for one in models))
    for name in models[0].pq_of_class:
        add(made, f"PQ {name}", *(percent(one.pq_of_class[name]) for one in models))


def add_ranking(made: Table, models: Sequence[RankingAccuracy]) -> None:
    """Of classifiers."""
    add(made, "top-1", *(percent(one.top1) for one in models))
    add(made, "  95 % interval", *(ends(one.interval) for one in models))
    add(made, "top-5", *(percent(one.top5) for one in models))


def ends(interval: tuple[float, float]) -> str:
    """Both ends of an interval of ratios, or "not measured"."""
    return percent(None) if math.isnan(interval[0]) else f"{percent(interval[0])} .. {percent(interval[1])}"


def protocol_line(part: ProtocolPart) -> str:
    """How pictures were evaluated."""
    return f"protocol        {part.name}: {part.description}" + (
        "; input {}x{}".format(*part.size) if part.size else ""
    )


def chance_line(chance: Chance, who: str) -> str:
    """How far a model is above a guess."""
    low, high = (f"{100 * end:.1f}" for end in chance.interval)
    guess = "most frequent class" if chance.metric == "top-1" else "guess by position"
    return (
        f"{guess} {chance.metric} {percent(chance.guess)}; {who} is {100 * chance.value:.1f} % of the way from there to all correct, "
        f"95 % interval {low} .. {high}"
    )
