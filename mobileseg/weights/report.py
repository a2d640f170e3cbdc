"""What loading weights came to, and what of it a person should know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mobileseg.weights.layouts.training_only import summary
from mobileseg.weights.reading.labels import Labels
from mobileseg.weights.resolve import Weights

SHOWN = 3  # classes of objects that were left unread


@dataclass(frozen=True)
class LoadReport:
    """The result of loading weights.

    ``layout``: of the file, in words. ``loaded``: number of tensors. ``missing``: keys of the model that the file lacks.
    ``unexpected``: keys of the file that the model lacks: a classifier's last layer, where only its backbone was wanted.
    ``left_out``: keys of the file beside the network, such as those of losses. ``untrained``: keys of the last layer, left random
    because the file has another number of classes. ``averaged``: the weights are running averages; ``choice``: what else there was
    to choose from, in words. ``unread``: classes of objects in the file that were left unread. ``labels``: names and colours of
    the classes, where the file has them for as many as it has.
    """

    weights: Weights
    layout: str
    loaded: int
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    untrained: tuple[str, ...] = ()
    averaged: bool = False
    choice: str = ""
    unread: tuple[str, ...] = ()
    labels: Labels | None = None

    @property
    def head_trained(self) -> bool:
        """False if the head, or its last layer, is still random."""
        return not self.missing and not self.untrained

    def notes(self) -> Iterator[str]:
        """What was done beside copying all tensors, a line each."""
        name = self.weights.name
        if self.choice:
            yield f"{name}: {self.choice}"
        if self.left_out:
            yield f"{name}: left out, beside the network: {summary(self.left_out)}"
        if self.unread:
            more = f" and {len(self.unread) - SHOWN} more" if len(self.unread) > SHOWN else ""
            yield f"{name}: left unread: objects of {', '.join(self.unread[:SHOWN])}{more}"

    def warning(self) -> str | None:
        """What is still random, where something is."""
        if self.untrained:
            layers = ", ".join(dict.fromkeys(key.rpartition(".")[0] for key in self.untrained))
            return f"{self.weights.name} has another number of classes: {layers} is random, to be trained; all else is loaded"
        if self.missing:
            return (
                f"{self.weights.name} is a backbone: the head's {len(self.missing)} tensors are random, to be trained"
            )
        return None
