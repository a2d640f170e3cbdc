"""What is trained and evaluated: the reference model here, the int8 graph that export would make of it in ``int8``."""

from __future__ import annotations

import functools
from typing import Protocol

import torch
from torch import Tensor, nn

from mobileseg.data.dataset import LabelledFolder
from mobileseg.models.factory import spec_of
from mobileseg.models.reference import reference_outputs
from mobileseg.models.spec import Emit
from mobileseg.training.evaluate import Found, evaluate

Outputs = Tensor | dict[str, Tensor]


class Form(Protocol):
    """How the parameters of a reference model become outputs and figures."""

    def begin(self, model: nn.Module) -> None:
        """At the start of every epoch."""

    def outputs(self, model: nn.Module, images: Tensor) -> Outputs:
        """Of normalised ``(N, 3, h, w)`` float32, with gradients to the parameters of ``model``."""
        ...

    def evaluate(self, model: nn.Module, data: LabelledFolder, size: tuple[int, int], panoptic: bool) -> Found:
        """On every image of ``data`` at ``size``; ``model`` is in evaluation mode."""
        ...


class Int8Training(Protocol):
    """What ``finetune --int8`` needs of whoever makes int8 graphs: ``mobileseg.export.quantization.training`` has it."""

    @property
    def sha256(self) -> str:
        """Of the calibration images."""
        ...

    def record(self) -> dict[str, object]:
        """What ranges were calibrated on, for the weights' record."""
        ...

    def form(self, size: tuple[int, int], emit: Emit | None) -> Form:
        """The form that trains the int8 graph of one size."""
        ...


class FloatForm:
    """The reference model, as its authors trained it."""

    def begin(self, model: nn.Module) -> None:
        """BatchNorms learn their statistics; dropout and drop path are on. Convolutions have their weights in oneDNN's own order."""
        for part in model.train().modules():
            if isinstance(part, nn.Conv2d):
                part.to(memory_format=torch.channels_last)

    def outputs(self, model: nn.Module, images: Tensor) -> Outputs:
        """See ``Form``."""
        out: Outputs = model(images.contiguous(memory_format=torch.channels_last))
        return out

    def evaluate(self, model: nn.Module, data: LabelledFolder, size: tuple[int, int], panoptic: bool) -> Found:
        """See ``Form``."""
        outputs = functools.partial(reference_outputs, model)
        return evaluate(outputs, spec_of(model).align_corners, data, size, panoptic)
