"""Quantizing a deploy model: one quantized graph, which every target lowers."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Sequence

import torch
from torch.fx import GraphModule
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from mobileseg.data.images import Batch
from mobileseg.export.manifest import FloatPart
from mobileseg.export.quantization.bias_correction import bias_shifts, correct_biases
from mobileseg.export.quantization.fake_quant import FakeQuantGraph, fake_quant_graph
from mobileseg.export.quantization.quantizer import Int8Quantizer
from mobileseg.export.quantization.recipes import DEFAULT, RECIPES, Recipe
from mobileseg.export.quantization.weight_only import QUANTIZERS
from mobileseg.export.targets import CALIBRATED, INT8
from mobileseg.models.deploy import DeployedModel
from mobileseg.models.reference import run_module
from mobileseg.models.rewrites.paths import carry_paths
from mobileseg.postprocess.sound import check_sound

CPU = torch.device("cpu")


def float_graph(module: DeployedModel) -> GraphModule:
    """The deploy model exported to a graph of ATen operators."""
    example = torch.zeros(1, 3, module.height, module.width)
    with torch.no_grad():
        graph = torch.export.export(module, (example,), strict=False).module()
    assert isinstance(graph, GraphModule)
    carry_paths(module, graph.graph)
    return graph


def calibrate(
    module: DeployedModel,
    batches: Iterable[Batch],
    quantizer: Int8Quantizer,
    device: torch.device = CPU,
    graph: GraphModule | None = None,
) -> GraphModule:
    """The exported graph (``graph`` where it is there already and may be changed) with an observer wherever ``quantizer`` places a
    rounding, after running ``batches`` (``(1, 3, height, width)`` float32 in 0..255) through it on ``device``. It is on the CPU in the
    end: ranges are found in thousands of small steps, each of which an accelerator would be waited for. Raises ``UnsoundOutputError``
    where the network's outputs are no numbers, for which there are no ranges."""
    with torch.no_grad():
        prepared: GraphModule = prepare_pt2e(graph or float_graph(module), quantizer).to(device)
        for number, batch in enumerate(batches, 1):
            try:
                prepared(torch.from_numpy(batch).to(device))
            except RuntimeError:  # what observers raise for NaN says nothing of where it comes from
                outputs = run_module(module, torch.from_numpy(batch))
                check_sound(
                    outputs, module.output_names, module.num_classes, "the network", f"calibration image {number}"
                )
                raise
    return prepared.to(CPU)


def quantize(
    module: DeployedModel,
    batches: Sequence[Batch],
    keep_float: Collection[str] = (),
    precision: str = INT8,
    recipe: Recipe = RECIPES[DEFAULT],
    device: torch.device = CPU,
) -> tuple[GraphModule, tuple[FloatPart, ...]]:
    """Post-training quantization of ``module``.

    ``batches``: calibration images, ``(1, 3, height, width)`` float32 in 0..255; weight-only and dynamic int8 need only one of them to
    trace the graph. ``keep_float``: names of layers, or of modules around them, that stay float. ``precision``: one of
    ``mobileseg.export.targets.QUANTIZED``. ``recipe``: the calibration recipe. ``device``: where the images are run, and where the graph
    is in the end; ``module`` is on the CPU.

    Returns the graph with explicit quantize and dequantize operators, and the operators that stayed float with the reasons.
    """
    quantizer = QUANTIZERS[precision](module, frozenset(keep_float).__contains__, recipe)
    seen = batches if precision in CALIBRATED else batches[:1]  # one run observes the weights
    exported = float_graph(module)
    prepared = calibrate(module, seen, quantizer, device, copy.deepcopy(exported))
    with torch.no_grad():
        graph: GraphModule = convert_pt2e(prepared).to(device)
    if precision in CALIBRATED and recipe.correct_bias:
        correct_biases(graph, bias_shifts(graph, exported.to(device), batches))
    return graph, quantizer.kept_float


def kept_float(
    module: DeployedModel, keep_float: Collection[str] = (), precision: str = INT8, recipe: Recipe = RECIPES[DEFAULT]
) -> tuple[FloatPart, ...]:
    """What ``quantize`` would leave float, with the reasons; nothing is calibrated."""
    quantizer = QUANTIZERS[precision](module, frozenset(keep_float).__contains__, recipe)
    calibrate(module, (), quantizer)
    return quantizer.kept_float


def fake_quantized(
    module: DeployedModel,
    batches: Sequence[Batch],
    recipe: Recipe = RECIPES[DEFAULT],
    keep_float: Collection[str] = (),
    device: torch.device = CPU,
) -> FakeQuantGraph:
    """The fake-quantized graph of ``module``, static int8, in which layers can be turned to int8 and back. ``device`` as for ``quantize``.

    Bias corrections are computed once, with everything in int8 except ``keep_float``, and kept for other choices of layers: a
    correction compensates mainly the error of the layer's own weights.
    """
    quantizer = Int8Quantizer(module, recipe=recipe)
    exported = float_graph(module)
    prepared = calibrate(module, batches, quantizer, device, copy.deepcopy(exported))
    with torch.no_grad():
        graph = fake_quant_graph(convert_pt2e(prepared, fold_quantize=False), quantizer)
        graph.module.to(device)
    if recipe.correct_bias:
        graph.keep_float(keep_float)
        graph.correct(bias_shifts(graph.module, exported.to(device), batches))
    return graph
