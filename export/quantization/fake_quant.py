"""The fake-quantized graph: every rounding is a module that can be turned on and off, to compute what the network gives with any
choice of layers in int8.

Ranges are calibrated on the float network, so they do not depend on the choice of layers, and one calibration serves all of them. An
edge between two operators is rounded exactly where the quantizer would have rounded it with the other layers kept float
(``Int8Quantizer.keep_float``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node

from mobileseg.export.quantization.operators import CLAMPS, LAYOUT, RULED, layer_names, multiply_adds
from mobileseg.export.quantization.quantizer import WEIGHT_EPS, Int8Quantizer
from mobileseg.export.quantization.straight_through import straight_through

aten = torch.ops.aten
steps = torch.ops.quantized_decomposed
QUANTIZE = {steps.quantize_per_tensor.default, steps.quantize_per_channel.default}
DEQUANTIZE = {steps.dequantize_per_tensor.default, steps.dequantize_per_channel.default}


class Rounding(nn.Module):
    """Fake quantization of one edge, with a straight-through gradient (Jacob et al. 2018); the identity while not ``active``.

    ``low``, ``high``: smallest and largest integer. ``axis``: of per-channel scales, None for a per-tensor scale. ``live``: compute
    the scale from the tensor, as its observer would, instead of using the calibrated one; for weights in training.
    """

    scale: Tensor
    zero_point: Tensor

    def __init__(self, scale: Tensor, zero_point: Tensor, low: int, high: int, axis: int | None) -> None:
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("zero_point", zero_point)
        self.low, self.high, self.axis = low, high, axis
        self.active, self.live = True, False

    def forward(self, x: Tensor) -> Tensor:
        if not self.active:
            return x
        scale = self.symmetric_scale(x) if self.live else self.scale
        return straight_through(x, scale, self.zero_point, self.low, self.high, self.axis)

    def symmetric_scale(self, x: Tensor) -> Tensor:
        """The scale ``(channels,)`` that the weight observer gives: the largest magnitude of a channel maps to the last step."""
        others = [d for d in range(x.ndim) if d != self.axis]
        largest = x.detach().abs().amax(others) if others else x.detach().abs()
        return (largest / ((self.high - self.low) / 2)).clamp(min=WEIGHT_EPS)


class Shift(nn.Module):
    """The correction ``(channels,)`` added to the bias of one operator; the identity while not ``active``."""

    amount: Tensor

    def __init__(self, amount: Tensor) -> None:
        super().__init__()
        self.register_buffer("amount", amount)
        self.active = True

    def forward(self, bias: Tensor | None = None) -> Tensor | None:
        if not self.active:
            return bias
        return self.amount if bias is None else bias + self.amount


@dataclass(frozen=True)
class Edge:
    """A rounding and the layers of the operators at its two ends; it is active while any of them is int8."""

    rounding: Rounding
    layers: frozenset[str]


@dataclass
class Layer:
    """The operators that share the innermost of their ``layer_names``, which are quantized together. ``names``: all names of the
    layer, outermost first; ``operators``, ``multiply_adds``: how many."""

    names: tuple[str, ...]
    operators: int = 0
    multiply_adds: int = 0


@dataclass
class FakeQuantGraph:
    """A fake-quantized graph. ``module`` has the inputs and outputs of the deploy model. ``layers``: in execution order.
    ``multiply_adds``: of the whole graph, float products included."""

    module: GraphModule
    edges: list[Edge]
    layers: dict[str, Layer] = field(default_factory=dict)
    multiply_adds: int = 0
    shifts: list[tuple[Shift, str]] = field(default_factory=list)  # with the layer that activates each

    def quantize_only(self, layers: Collection[str]) -> None:
        """Round the inputs and outputs of these layers, and nothing else."""
        for edge in self.edges:
            edge.rounding.active = not edge.layers.isdisjoint(layers)
        for shift, layer in self.shifts:
            shift.active = layer in layers

    def correct(self, shifts: Mapping[str, Tensor]) -> None:
        """Add the corrections of ``bias_shifts`` to the biases, each active while its layer is int8."""
        graph = self.module.graph
        for node in [node for node in graph.nodes if node.name in shifts]:
            shift, name = Shift(shifts[node.name]), f"shift_{len(self.shifts)}"
            self.module.add_submodule(name, shift)
            with graph.inserting_before(node):
                bias = graph.call_module(name, tuple(node.args[2:3]))
            node.args = (*node.args[:2], bias, *node.args[3:])
            self.shifts.append((shift, layer_names(node)[-1]))
        self.module.recompile()

    def below(self, names: Collection[str]) -> set[str]:
        """The layers that ``names`` select: each name is a layer's own or that of a module around it."""
        return {key for key, layer in self.layers.items() if not set(layer.names).isdisjoint(names)}

    def keep_float(self, names: Collection[str]) -> None:
        """Round everywhere except in the layers that ``names`` select."""
        self.quantize_only(self.layers.keys() - self.below(names))

    def int8_share(self, kept: Collection[str] = ()) -> float:
        """Share of the multiply-adds, 0..1, that is int8 when the layers that ``kept`` selects stay float."""
        inside = sum(self.layers[key].multiply_adds for key in self.layers.keys() - self.below(kept))
        return inside / self.multiply_adds if self.multiply_adds else 0.0


def fake_quant_graph(graph: GraphModule, quantizer: Int8Quantizer) -> FakeQuantGraph:
    """Turn a converted graph whose weights are not folded (``convert_pt2e(..., fold_quantize=False)``) into a fake-quantized one, in
    place."""
    found = FakeQuantGraph(graph, [])
    owners = _owners(graph, quantizer)
    for node in graph.graph.nodes:
        cost = multiply_adds(node)
        found.multiply_adds += cost
        if node in owners and node.target in RULED:
            layer = found.layers.setdefault(owners[node], Layer(layer_names(node)))
            layer.operators += 1
            layer.multiply_adds += cost
    for node in [n for n in graph.graph.nodes if n.target in QUANTIZE]:
        for pair in [user for user in node.users if user.target in DEQUANTIZE]:
            for user in list(pair.users):
                _insert(found, graph, node, pair, user, owners)
    graph.graph.eliminate_dead_code()
    graph.recompile()
    return found


def _insert(
    found: FakeQuantGraph, graph: GraphModule, node: Node, pair: Node, user: Node, owners: dict[Node, str]
) -> None:
    """Put a ``Rounding`` on the edge to ``user``."""
    source, scale, zero_point, *rest = node.args
    assert isinstance(source, Node)
    axis, low, high = rest[:3] if len(rest) == 4 else (None, *rest[:2])
    rounding = Rounding(_tensor(graph, scale), _tensor(graph, zero_point).int(), low, high, axis)  # type: ignore[arg-type]  # fx's arguments are untyped
    name = f"rounding_{len(found.edges)}"
    graph.add_submodule(name, rounding)
    with graph.graph.inserting_before(user):
        new = graph.graph.call_module(name, (source,))
    new.meta = dict(pair.meta)
    user.replace_input_with(pair, new)
    found.edges.append(Edge(rounding, frozenset(owners[end] for end in (source, user) if end in owners)))


def _tensor(graph: GraphModule, value: object) -> Tensor:
    if isinstance(value, Node):
        stored: Tensor = getattr(graph, str(value.target))
        return stored.detach().clone()
    return torch.tensor(value)


def _owners(graph: GraphModule, quantizer: Int8Quantizer) -> dict[Node, str]:
    """The layer of each quantized operator; layout operators and clamps belong to the layer of the operator before them."""
    owners: dict[Node, str] = {}
    for node in graph.graph.nodes:
        if node.op != "call_function":
            continue
        if node.target in RULED:
            if quantizer.float_reason(node) is None:
                owners[node] = layer_names(node)[-1]
        elif node.target in LAYOUT or node.target in CLAMPS:
            made = _maker(node)
            if made in owners:
                owners[node] = owners[made]
    return owners


def _maker(node: Node) -> Node:
    """The operator that produced the input of ``node``, with roundings in between skipped."""
    source = node.args[0]
    while isinstance(source, Node) and (source.target in DEQUANTIZE or source.target in QUANTIZE):
        source = source.args[0]
    assert isinstance(source, Node)
    return source
