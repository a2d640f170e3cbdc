"""Dynamic quantization in ONNX, which torch's exporter cannot translate, as the standard's DynamicQuantizeLinear.

In the quantized graph a dynamic rounding is four operators: choose the parameters, extract scale and zero point, quantize,
dequantize. They are merged into one operator, ``mobileseg::dynamic_rounding``, which computes the same and is translated to
DynamicQuantizeLinear and DequantizeLinear.
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
    """Fake-quantize ``x``, float32, to 256 steps between its smallest and largest value, with 0 in the range."""
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
    """A copy of a quantized graph with each dynamic rounding as one operator; any other module is returned unchanged."""
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
