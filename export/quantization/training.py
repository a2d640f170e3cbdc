"""Quantization-aware training on the same graph that export quantizes (Jacob et al., CVPR 2018, https://arxiv.org/abs/1712.05877).

The deploy model is a differentiable function of the reference model's parameters (``factory.deploy_live``), and its fake-quantized
graph has a straight-through rounding wherever the exported file rounds (``fake_quant``). Training therefore updates the reference
model, under its authors' keys, through everything that export does to it; the result is exported like any other weights. BatchNorm
statistics are frozen: folded, they are part of the weights that are rounded.

The model is on any device; graphs are exported on the CPU, from a copy, and moved there.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.func import functional_call

from mobileseg.data.dataset import LabelledFolder
from mobileseg.data.fit import Fit
from mobileseg.data.images import Batch
from mobileseg.export.quantization.calibration import ImageSet
from mobileseg.export.quantization.quantize import fake_quantized, quantize
from mobileseg.models.blocks.rewrites import share
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.factory import deploy, deploy_live, live_tensors, spec_of
from mobileseg.models.reference import device_of, normalization, run_module
from mobileseg.models.spec import Emit
from mobileseg.quiet import quiet
from mobileseg.training.compute import full_float32
from mobileseg.training.evaluate import Evaluation, evaluate
from mobileseg.training.strategy import Outputs


@dataclass(frozen=True)
class Int8Training:
    """Implements ``mobileseg.training.strategy.Int8Training``; ``images``: the calibration images."""

    images: ImageSet

    @property
    def sha256(self) -> str:
        """Digest of the calibration images."""
        return self.images.sha256

    def record(self) -> dict[str, object]:
        """The calibration images, for the training record."""
        return self.images.part().model_dump(mode="json")

    def strategy(self, size: tuple[int, int], emit: Emit | None) -> Int8Strategy:
        """Training through the int8 graph at one input size (height, width)."""
        return Int8Strategy(size, self.images, emit)


@dataclass
class Int8Strategy:
    """Trains and evaluates a model as its int8 file at ``size`` will compute it. Activation ranges are calibrated on ``images``, again
    for every epoch."""

    size: tuple[int, int]
    images: ImageSet
    emit: Emit | None
    graph: nn.Module = field(init=False)
    batches: list[Batch] = field(init=False)

    def __post_init__(self) -> None:
        self.batches = self.images.batches(Fit(self.size))

    def start_epoch(self, model: nn.Module) -> None:
        """Calibrate with the current weights."""
        device = device_of(model)
        with quiet(), full_float32():
            found = fake_quantized(self._deploy(model.eval()), self.batches, device=folding_device(device))
        for edge in found.edges:
            edge.rounding.live = edge.rounding.axis is not None  # weights change with every training step
        self.graph = found.module.to(device).requires_grad_(False)

    def outputs(self, model: nn.Module, images: Tensor) -> Outputs:
        """Outputs for normalised images ``(N, 3, height, width)``; the deploy model takes pixels, one image at a time."""
        mean, std = (values.to(images.device) for values in normalization(spec_of(model)))
        tensors = self._live(model, images.device)
        found = [functional_call(self.graph, tensors, (image,)) for image in torch.split(images * std + mean, 1)]
        if isinstance(found[0], dict):
            return {name: torch.cat([out[name] for out in found]) for name in found[0]}
        return torch.cat(found)

    def evaluate(self, model: nn.Module, data: LabelledFolder, size: tuple[int, int], panoptic: bool) -> Evaluation:
        """The scores that the int8 file will reach."""
        with quiet(), full_float32():
            graph, _ = quantize(self._deploy(model), self.batches, device=folding_device(device_of(model)))
        aligned = spec_of(model).align_corners
        return evaluate(lambda batch: run_module(graph, torch.from_numpy(batch)), aligned, data, size, panoptic)

    def _deploy(self, model: nn.Module) -> DeployedModel:
        """On the CPU, where graphs are exported."""
        here = model if device_of(model).type == "cpu" else copy.deepcopy(model).cpu()
        return deploy(here, *self.size, emit=self.emit)

    def _live(self, model: nn.Module, device: torch.device) -> dict[str, Tensor]:
        """The tensors of the deploy model on ``device``, as functions of the parameters of ``model``, which is there, too."""
        where = folding_device(device)
        with where:  # new constants are made there
            live = deploy_live(model if where == device else twin_on(model, where), *self.size, emit=self.emit)
        return {name: value.to(device) for name, value in live_tensors(live).items()}


def folding_device(device: torch.device) -> torch.device:
    """Where weights are folded and ranges are found: on the device itself, but for MPS, which has no float64 (and not all that torchao's
    observers need), on the CPU."""
    return torch.device("cpu") if device.type == "mps" else device


def twin_on(model: nn.Module, device: torch.device) -> nn.Module:
    """A copy of ``model`` on ``device``, a differentiable function of its parameters."""
    twin = share(model)
    for part in twin.modules():
        for tensors in (part._parameters, part._buffers):
            there = {name: value.to(device) for name, value in tensors.items() if value is not None}
            tensors.update(there)  # type: ignore[arg-type]  # not Parameters: gradients go on to those of model
    return twin
