"""A graph rewrite: the input is transposed to channels-last while it is still float32.

XNNPACK's convolutions take channels-last tensors, and its partitioner transposes directly before them, which in an int8 file is
after the rounding. A transposition moves one element at a time, and with three channels of bytes it fills a fifth of a register: at
512x512 it took 0.48 ms of SeaFormer-Tiny's 5.8, against 0.17 ms for the same pixels in float32. So the rounding gets channels-last
pixels. After the convolution a copy declares the tensor contiguous again, so that later operators stay unchanged; the delegate
removes it together with the transposition before the next convolution.
"""

from __future__ import annotations

import torch
from torch.fx import GraphModule, Node

from mobileseg.export.quantization.fake_quant import DEQUANTIZE
from mobileseg.export.quantization.operators import CLAMPS

aten = torch.ops.aten
steps = torch.ops.quantized_decomposed


def transpose_before_rounding(graph: GraphModule) -> bool:
    """Rewrite a quantized graph in place wherever the rounded input is used by convolutions only; the numbers stay the same. Returns
    whether there was such a place."""
    found = False
    for rounding in graph.graph.find_nodes(op="call_function", target=steps.quantize_per_tensor.default):
        pixels, convolutions = rounding.args[0], _convolutions(rounding)
        assert isinstance(pixels, Node)
        if not convolutions or all(node.op != "placeholder" for node in pixels.all_input_nodes):
            continue
        found = True
        with graph.graph.inserting_before(rounding):
            rounding.replace_input_with(pixels, _copy(graph, pixels, torch.channels_last))
        for convolution in convolutions:
            _be_contiguous(graph, _last_fused(convolution))
    if found:
        graph.graph.lint()
        graph.recompile()
    return found


def _convolutions(rounding: Node) -> list[Node]:
    """The operators that take the rounded tensor, if all are convolutions; else none."""
    takers = [taker for dequantize in rounding.users for taker in dequantize.users]
    return takers if all(taker.target is aten.conv2d.default for taker in takers) else []


def _last_fused(convolution: Node) -> Node:
    """The last of the operators that are fused into ``convolution``: its clamp, its rounding."""
    last = convolution
    while len(last.users) == 1:
        (taker,) = last.users
        if taker.target not in CLAMPS and taker.target is not steps.quantize_per_tensor.default:
            break
        last = taker
    return last


def _be_contiguous(graph: GraphModule, node: Node) -> None:
    """Put a contiguous copy after ``node``; in int8 where ``node`` is a rounding, but in float16 for what takes it in float16: the copy
    would end that."""
    takers, parameters = [taker for taker in node.users if "out_dtype" not in taker.kwargs], node.args[1:]
    for halved in [taker for taker in node.users if "out_dtype" in taker.kwargs]:
        users = list(halved.users)
        with graph.graph.inserting_before(halved.next):
            copy = _copy(graph, halved, torch.contiguous_format)
        for user in users:
            user.replace_input_with(halved, copy)
    if not takers:
        return
    with graph.graph.inserting_before(node.next):
        if node.target is steps.quantize_per_tensor.default:
            dequantize = next(iter(DEQUANTIZE & {taker.target for taker in takers}))
            float_again = graph.graph.call_function(dequantize, (node, *parameters))
            copy = _copy(graph, float_again, torch.contiguous_format)
            copy = graph.graph.call_function(node.target, (copy, *parameters))
        else:
            copy = _copy(graph, node, torch.contiguous_format)
    for taker in takers:
        taker.replace_input_with(node, copy)


def _copy(graph: GraphModule, node: Node, layout: torch.memory_format) -> Node:
    return graph.graph.call_function(aten._to_copy.default, (node,), {"memory_format": layout})
