"""Calibration recipes of static int8, as data: the observer that sets activation ranges, and whether biases are corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mobileseg.weights.records import WeightsRecord


@dataclass(frozen=True)
class Recipe:
    """A calibration recipe. ``observer``: dotted path of the activation observer's class. ``correct_bias``: apply
    ``mobileseg.export.quantization.bias_correction`` afterwards. ``symmetric``: activation ranges reach as far below 0 as above, so that
    all zero points are 0; half of the steps are of no use after a ReLU."""

    name: str
    title: str
    observer: str
    correct_bias: bool = False
    symmetric: bool = False


_OBSERVERS = {
    "histogram": ("torchao.quantization.pt2e.observer:HistogramObserver", "ranges by torch's greedy search for the least squared error"),
    "minmax": ("torchao.quantization.pt2e.observer:MinMaxObserver", "ranges from the least to the largest value seen"),
    "percentile": ("mobileseg.export.quantization.observers:PercentileObserver", "ranges that leave out one value in 10000 at either end"),
    "mse": ("mobileseg.export.quantization.observers:LeastSquaresObserver", "ranges with the least squared error of all on a grid"),
}  # fmt: skip
BIAS = "+bias"

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for name, (observer, title) in _OBSERVERS.items()
    for recipe in (
        Recipe(name, title, observer),
        Recipe(f"{name}{BIAS}", f"{title}; biases take up the mean error of every output channel", observer, True),
    )
}
DEFAULT = "histogram"
# Measured: results/recipes.json. minmax+bias scores higher still, but for its files of SeaFormer-Tiny ONNX Runtime 1.26 and 1.31
# differ in 43 % of the logits (1.7 % of the classes at the head's size); for files of the histogram recipes they agree bit for bit.
BY_FAMILY: Mapping[str, str] = {"SeaFormer": f"{DEFAULT}{BIAS}"}


def default_recipe(family: str, record: WeightsRecord | None) -> Recipe:
    """The calibration recipe of a family, else ``DEFAULT``. Weights from quantization-aware training always take ``DEFAULT``, with
    which they were trained: they have already learned to compensate the mean error."""
    if record is not None and record.trained_rounded:
        return RECIPES[DEFAULT]
    return RECIPES[BY_FAMILY.get(family, DEFAULT)]
