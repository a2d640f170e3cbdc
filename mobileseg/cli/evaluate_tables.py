"""How the accuracy of a reference model is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mobileseg.cli.accuracy_rows import add_accuracy, add_ranking, chance_line, protocol_line
from mobileseg.cli.console import results, say
from mobileseg.cli.tables import table
from mobileseg.data.protocols import DEPLOY

if TYPE_CHECKING:
    from mobileseg.export.evaluation.reference_accuracy import Evaluation


def show(found: Evaluation) -> None:
    """Everything that was measured."""
    say(f"{found.model}, weights {found.weights} (licence: {found.weights_licence})")
    if found.note:
        say(f"WARNING {found.note}")
    say(f"{found.images} images of {found.data}{'' if found.groups is None else f', in {found.groups} groups'}")
    say(protocol_line(found.protocol))
    shown = table("", "accuracy")
    if found.accuracy is not None:
        add_accuracy(shown, [found.accuracy])
    if found.ranking is not None:
        add_ranking(shown, [found.ranking])
    results().print(shown)
    for chance in found.chance:
        say(chance_line(chance, "this"))
    if found.protocol.name != DEPLOY:
        for figure in found.published:
            say(
                f"authors         {figure.metric.removesuffix(' %')}: {figure.value:g} %, with their weights ({figure.source})"
            )
