"""How a model is trained and evaluated: in float here, in int8 in ``mobileseg.export.quantization.training``."""

from __future__ import annotations

import functools
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from mobileseg.data.dataset import LabelledFolder
from mobileseg.models.factory import spec_of
from mobileseg.models.reference import device_of, reference_outputs
from mobileseg.models.spec import Emit
from mobileseg.training.evaluate import Evaluation, evaluate

Outputs = Tensor | dict[str, Tensor]
AUXILIARY = "auxiliary"


class TrainingStrategy(Protocol):
    """How the parameters of a reference model become outputs in training and scores in evaluation."""

    def start_epoch(self, model: nn.Module) -> None:
        """Prepare ``model`` for training; called at the start of every epoch."""

    def outputs(self, model: nn.Module, images: Tensor) -> Outputs:
        """For normalised ``(N, 3, h, w)`` float32, with gradients to the parameters of ``model``. A dict has the class logits under
        ``semantic``, and those of a head that is used in training only under ``AUXILIARY``."""
        ...

    def evaluate(self, model: nn.Module, data: LabelledFolder, size: tuple[int, int], panoptic: bool) -> Evaluation:
        """On every image of ``data``, resized to ``size``; ``model`` is in evaluation mode."""
        ...


@runtime_checkable
class WithAuxiliary(Protocol):
    """A model with a head that is used in training only."""

    def with_auxiliary(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of both heads, the main one first."""
        ...


class Int8Training(Protocol):
    """What quantization-aware training needs from the export side, implemented in ``mobileseg.export.quantization.training``."""

    @property
    def sha256(self) -> str:
        """Of the calibration images."""
        ...

    def record(self) -> dict[str, object]:
        """The calibration images, for the weights' record."""
        ...

    def strategy(self, size: tuple[int, int], emit: Emit | None) -> TrainingStrategy:
        """Training through the int8 graph of one input size."""
        ...


class FloatStrategy:
    """The reference model as it is, in float32."""

    def start_epoch(self, model: nn.Module) -> None:
        """Training mode: BatchNorm updates its statistics; dropout and drop path are on. Convolution weights become channels-last."""
        for part in model.train().modules():
            if isinstance(part, nn.Conv2d):
                part.to(memory_format=_layout(device_of(model)))

    def outputs(self, model: nn.Module, images: Tensor) -> Outputs:
        """See ``TrainingStrategy``."""
        pixels = images.contiguous(memory_format=_layout(images.device))
        if isinstance(model, WithAuxiliary):
            logits, auxiliary = model.with_auxiliary(pixels)
            return {"semantic": logits, AUXILIARY: auxiliary}
        out: Outputs = model(pixels)
        return out

    def evaluate(self, model: nn.Module, data: LabelledFolder, size: tuple[int, int], panoptic: bool) -> Evaluation:
        """See ``TrainingStrategy``."""
        outputs = functools.partial(reference_outputs, model)
        return evaluate(outputs, spec_of(model).align_corners, data, size, panoptic)


def _layout(device: torch.device) -> torch.memory_format:
    """Channels last, for which the CPU and tensor cores have the faster kernels; on MPS it is the slower one."""
    return torch.contiguous_format if device.type == "mps" else torch.channels_last
