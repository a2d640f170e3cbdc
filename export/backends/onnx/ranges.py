"""Ranges that are found at run time, in ONNX: torch's exporter has no word for them, the standard has DynamicQuantizeLinear.

In the quantized graph they are four operators: choose the parameters, take scale and zero point out, quantize, dequantize. They
become one, ``mobileseg::dynamic_rounding``, which computes the same and is translated to the standard's pair.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from onnxscript import opset18
from torch import Tensor, nn
from torch.fx import GraphModule, Node

steps = torch.ops.quantized_decomposed
EPS = torch.finfo(torch.float32).eps


@torch.library.custom_op("mobileseg::dynamic_rounding", mutates_args=())
def dynamic_rounding(x: Tensor) -> Tensor:
    """``x``, float32, rounded to the 256 steps between its smallest and largest value, zero among them."""
    scale, zero = steps.choose_qparams.tensor(x, 0, 255, EPS, torch.uint8)
    rounded = steps.quantize_per_tensor.tensor(x, scale, zero, 0, 255, torch.uint8)
    out: Tensor = steps.dequantize_per_tensor.tensor(rounded, scale, zero, 0, 255, torch.uint8)
    return out


@dynamic_rounding.register_fake
def _shape(x: Tensor) -> Tensor:
    return torch.empty_like(x)


def _translated(x: Any) -> Any:
    rounded, scale, zero = opset18.DynamicQuantizeLinear(x)
    return opset18.DequantizeLinear(rounded, scale, zero)


TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {torch.ops.mobileseg.dynamic_rounding.default: _translated}


def with_dynamic_roundings(module: nn.Module) -> nn.Module:
    """A quantized graph with each of its roundings at run time as one operator; any other module as it is."""
    if not isinstance(module, GraphModule):
        return module
    module = copy.deepcopy(module)
    graph = module.graph
    for node in graph.find_nodes(op="call_function", target=steps.dequantize_per_tensor.tensor):
        rounded = node.args[0]
        assert isinstance(rounded, Node) and rounded.target is steps.quantize_per_tensor.tensor
        with graph.inserting_before(node):
            new = graph.call_function(torch.ops.mobileseg.dynamic_rounding.default, (rounded.args[0],))
        new.meta = dict(node.meta)
        node.replace_all_uses_with(new)
    graph.eliminate_dead_code()
    module.recompile()
    return module
