"""Inverted bottlenecks (expansion, depthwise convolution, projection) computed in bands of rows.

The expanded tensor of an inverted bottleneck is the largest of a mobile network, and it is written to memory and read back for one
short operation: SeaFormer-Tiny's first is 17 MB at 512x512 in float32. In bands that fit a core's cache the file takes 0.93 of the
time (8 bands; 0.94 with 4, 0.93 with 16) and peaks at 23 MB instead of 32. Every row is computed as before, so the numbers stay the
same; rows that two bands share are computed twice.

In int8 these tensors are a quarter of that size, and bands gained nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from mobileseg.export.quantization.operators import CLAMPS, TABLES
from mobileseg.models.blocks.bands import joined

aten = torch.ops.aten
BAND = 2 << 20  # bytes of a band's widest tensor
MOST_TWICE = 1 / 8  # largest share of the computed rows that is computed twice


@dataclass(frozen=True)
class Chain:
    """The operators from one pointwise convolution to another, with one depthwise convolution among them; all others are
    elementwise."""

    nodes: list[Node]
    depthwise: Node

    @property
    def window(self) -> tuple[int, int, int]:
        """Rows that an output row of the depthwise convolution needs, its stride and its padding."""
        _, weight, _, (stride, _), (padding, _), (dilation, _), _ = convolution(self.depthwise)
        return (weight.meta["val"].shape[2] - 1) * dilation + 1, stride, padding

    @property
    def bands(self) -> int:
        """The number of bands; 1 where the chain is better left whole."""
        taps, stride, padding = self.window
        if padding >= taps:  # there would be output rows of padding alone
            return 1
        rows: int = self.nodes[-1].meta["val"].shape[2]
        widest: Tensor = self.nodes[0].meta["val"]
        wanted = -(-widest.numel() * widest.element_size() // BAND)
        least_rows = max(1, math.ceil((taps - stride) / stride / MOST_TWICE))
        return max(1, min(wanted, rows // least_rows))


def in_bands(graph: GraphModule) -> bool:
    """Rewrite every such chain of a float graph in place. Returns whether there was one."""
    chains: list[Chain] = []
    for node in graph.graph.nodes:
        chain = _chain(node)
        if chain and chain.bands > 1 and not (chains and node is chains[-1].nodes[-1]):
            chains.append(chain)
    for chain in chains:
        last = chain.nodes[-1]
        with graph.graph.inserting_before(last.next):
            bands = [_band(graph, chain, number) for number in range(chain.bands)]
            whole = joined(bands, lambda group: graph.graph.call_function(aten.cat.default, (group, 2)))
        last.replace_all_uses_with(whole)
    if chains:
        graph.graph.eliminate_dead_code()
        graph.graph.lint()
        graph.recompile()
    return bool(chains)


def convolution(node: Node) -> list[Any]:
    """All arguments of a convolution, defaults included: input, weight, bias, stride, padding, dilation, groups."""
    defaults: list[Any] = [None, [1, 1], [0, 0], [1, 1], 1]
    return [*node.args, *defaults[len(node.args) - 2 :]]


def _chain(first: Node) -> Chain | None:
    """The chain that begins with ``first``, unless another operator uses a tensor inside it."""
    if not _pointwise(first):
        return None
    middle, depthwise = _elementwise_after(first)
    if depthwise is None or depthwise.target is not aten.conv2d.default or convolution(depthwise)[6] == 1:
        return None
    rest, last = _elementwise_after(depthwise)
    return Chain([first, *middle, depthwise, *rest, last], depthwise) if last and _pointwise(last) else None


def _elementwise_after(node: Node) -> tuple[list[Node], Node | None]:
    """The elementwise operators after ``node``, and the operator that takes their result; None where several do."""
    passed: list[Node] = []
    while len(node.users) == 1:
        (node,) = node.users
        if node.target not in CLAMPS | TABLES:
            return passed, node
        passed.append(node)
    return passed, None


def _pointwise(node: Node) -> bool:
    if node.target is not aten.conv2d.default:
        return False
    _, weight, _, stride, padding, _, groups = convolution(node)
    return groups == 1 and (*weight.meta["val"].shape[2:], *stride, *padding) == (1, 1, 1, 1, 0, 0)


def _band(graph: GraphModule, chain: Chain, number: int) -> Node:
    """Add the operators of band ``number``, counted from 0; returns the last of them."""
    taps, stride, padding = chain.window
    rows = chain.nodes[-1].meta["val"].shape[2]
    first, last = (rows * edge // chain.bands for edge in (number, number + 1))
    begin, end = first * stride - padding, (last - 1) * stride - padding + taps
    height = chain.nodes[0].meta["val"].shape[2]
    above, below = max(0, -begin), max(0, end - height)
    out = graph.graph.call_function(aten.slice.Tensor, (chain.nodes[0].args[0], 2, max(0, begin), min(end, height)))
    for node in chain.nodes:
        arguments: list[Any] = list(node.args)
        if node is chain.depthwise:
            if above or below:
                out = graph.graph.call_function(aten.constant_pad_nd.default, (out, [0, 0, above, below], 0.0))
            arguments = convolution(node)
            arguments[4] = [0, arguments[4][1]]  # rows are padded above, columns here
        out = graph.graph.create_node("call_function", node.target, (out, *arguments[1:]))
    return out
