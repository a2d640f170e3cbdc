"""How the accuracy of a reference model is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.cli.console import percent, results, say
from mobileseg.cli.tables import add, table
from mobileseg.data.protocols import DEPLOY

if TYPE_CHECKING:
    from mobileseg.export.evaluation.accuracy import Chance, PanopticAccuracy
    from mobileseg.export.evaluation.reference_accuracy import Evaluation


def show(found: Evaluation) -> None:
    """Everything that was measured."""
    say(f"{found.model}, weights {found.weights} (licence: {found.weights_licence})")
    if found.note:
        say(f"WARNING {found.note}")
    say(f"{found.images} images of {found.data}{'' if found.groups is None else f', in {found.groups} groups'}")
    say(protocol_line(found.protocol.name, found.protocol.description, found.protocol.size))
    shown = table("", "accuracy")
    if found.accuracy is not None:
        one = found.accuracy
        add(shown, "mIoU", percent(one.miou))
        add(shown, "  95 % interval", _ends(one.interval))
        add(shown, "pixel accuracy", percent(one.pixel_accuracy))
        if one.panoptic is not None:
            for title, text in panoptic_figures(one.panoptic):
                add(shown, title, text)
        for name, iou in one.iou.items():
            add(shown, f"IoU {name}", percent(iou))
    if found.ranking is not None:
        add(shown, "top-1", percent(found.ranking.top1))
        add(shown, "  95 % interval", _ends(found.ranking.interval))
        add(shown, "top-5", percent(found.ranking.top5))
    results().print(shown)
    for chance in found.chance:
        say(chance_line(chance, "this"))
    if found.protocol.name != DEPLOY:
        for figure in found.published:
            say(
                f"authors         {figure.metric.removesuffix(' %')}: {figure.value:g} %, with their weights ({figure.source})"
            )


def protocol_line(name: str, description: str, size: tuple[int, int] | None) -> str:
    """How pictures were evaluated."""
    return f"protocol        {name}: {description}" + (f"; input {size[0]}x{size[1]}" if size else "")


def chance_line(chance: Chance, who: str) -> str:
    """How far a model is above a guess."""
    low, high = (f"{100 * end:.1f}" for end in chance.interval)
    guess = "most frequent class" if chance.metric == "top-1" else "guess by position"
    return (
        f"{guess} {chance.metric} {percent(chance.guess)}; {who} is {100 * chance.value:.1f} % of the way from there to all correct, "
        f"95 % interval {low} .. {high}"
    )


def panoptic_figures(one: PanopticAccuracy) -> list[tuple[str, str]]:
    """Panoptic quality and its parts, by title."""
    parts = (("SQ", one.sq), ("RQ", one.rq), ("PQ things", one.pq_things), ("PQ stuff", one.pq_stuff))
    return [
        ("PQ", percent(one.pq)),
        ("  95 % interval", _ends(one.interval)),
        *((f"  {title}", percent(value)) for title, value in parts),
        *((f"PQ {name}", percent(value)) for name, value in one.pq_of_class.items()),
    ]


def _ends(interval: tuple[float, float]) -> str:
    return f"{percent(interval[0])} .. {percent(interval[1])}"
