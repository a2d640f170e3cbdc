"""Figures of two models on the same images, from a figure of one: how much better the second is, and how far it is above a guess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

Figure = Callable[[NDArray[Any]], float]
PairFigure = Callable[[NDArray[Any], NDArray[Any]], float]


def difference(figure: Figure) -> PairFigure:
    """The second model's figure minus the first's."""
    return lambda first, second: figure(second) - figure(first)


def skill(figure: Figure) -> PairFigure:
    """``(figure - guess) / (1 - guess)`` of a model after that of a guess, both in 0..1: the share of what the guess lacks that the
    model has (the skill score of forecasting; Cohen's kappa has the same form). NaN where the guess is perfect."""

    def share(guess: NDArray[Any], model: NDArray[Any]) -> float:
        by_chance = figure(guess)
        return (figure(model) - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")

    return share
