"""The exponential moving average of the weights, which is what is evaluated and kept."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def averaged_model(model: nn.Module, decay: float) -> AveragedModel:
    """A copy of ``model`` in evaluation mode; ``update_parameters(model)`` after each optimizer step averages it.

    ``average = d average + (1 - d) model`` with ``d = min(decay, (1 + steps) / (10 + steps))``: a low decay at first, so that the random
    initial weights are soon forgotten. Floating-point buffers (BatchNorm's statistics) are averaged, integer ones copied.
    """

    def update(averaged: Sequence[Tensor], current: Sequence[Tensor], steps: Tensor | int) -> None:
        d = min(decay, (1 + int(steps)) / (10 + int(steps)))
        for mean, value in zip(averaged, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - d)
            else:
                mean.copy_(value)

    average = AveragedModel(model, multi_avg_fn=update, use_buffers=True)
    average.eval().requires_grad_(False)
    average.update_parameters(model)  # the first update only copies: n_averaged now counts optimizer steps from 1
    return average
