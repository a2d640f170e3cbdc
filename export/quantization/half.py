"""float16 of a deploy model, or of what its int8 graph leaves float: one graph, which ExecuTorch and ONNX lower.

Numbers of 11 bits suffice nearly everywhere. What overflows them, or loses its meaning in their steps, is found by running the
calibration images and stays float32, with the reason.
"""

from __future__ import annotations

import copy
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Interpreter, Node
from torchao.quantization.pt2e.quantizer.quantizer import Q_ANNOTATION_KEY

from mobileseg.data.images import Batch
from mobileseg.export.manifest import FloatPart
from mobileseg.export.quantization.fake_quant import DEQUANTIZE, QUANTIZE
from mobileseg.export.quantization.operators import module_paths, multiply_adds, operator_name
from mobileseg.export.quantization.quantize import float_graph
from mobileseg.export.quantization.quantizer import float_parts
from mobileseg.models.blocks.rewrites import HIDDEN
from mobileseg.models.deploy import DeployedModel

aten = torch.ops.aten
steps = torch.ops.quantized_decomposed

# Of what the images show: others may be brighter. And what hides a logit in place of HIDDEN, which would be infinite: twice of it is
# still a number, and its exponential is 0 beside logits of at most LOGITS.
LARGEST = float(torch.finfo(torch.float16).max) / 4
LOGITS = 128.0  # beyond, float16 has steps of 1/8 and more, and softmax turns a step into a factor
MOVES = {aten.slice.Tensor, aten.permute.default, aten.reshape.default, aten.view.default, aten.narrow.default}
SUMS = {aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.bmm.default}

# a and b of the least largest error, found by minimizing the 60th power mean on -8..8
GELU = (1.6002841199, 0.0694154660)

PIXELS = "the input's mean is subtracted from numbers up to 255 before they are rounded"
TOO_LARGE = "numbers beyond float16's, a quarter of 65,504 with a margin for other images"
SHARP = "logits of a softmax beyond 128, where float16 has steps of 1/8 and more"
MASK = "the class map is decided in float32"
INT8 = "int8"  # not a reason to tell: the quantizer has said what is not


def half(module: DeployedModel, batches: Iterable[Batch]) -> tuple[GraphModule, tuple[FloatPart, ...]]:
    """The graph of ``module`` in float16, with float32 input and outputs, and the operators that stayed float32 with the reasons.

    ``batches``: calibration images, ``(1, 3, height, width)`` float32 in 0..255.
    """
    graph = float_graph(module)
    reasons = _reasons(graph, _largest(graph, batches))
    kept = _parts(graph, reasons)
    _Halving(graph, frozenset(reasons)).run()
    return graph, kept


def half_of_float(graph: GraphModule, batches: Iterable[Batch]) -> tuple[GraphModule, tuple[FloatPart, ...]]:
    """A copy of ``graph``, as ``quantize`` returns it, in which float16 computes what int8 does not, and the operators for which that
    does not do either, in float32. ``batches``: as for ``half``.

    Numbers go from int8 to float16 and back at once: the smallest scale of activations, 2^-12, is a normal number of float16, and so is
    its inverse.
    """
    halved = copy.deepcopy(graph)
    for node in halved.graph.nodes:
        if node.target in QUANTIZE | DEQUANTIZE:
            _give_value(node, halved)
    reasons = _reasons(halved, _largest(halved, batches))
    told = {node: f"float32, not float16: {reason}" for node, reason in reasons.items() if reason not in (INT8, PIXELS)}
    kept = _parts(halved, told)
    _Halving(halved, frozenset(reasons)).run()
    return halved, kept


def _give_value(node: Node, module: GraphModule) -> None:
    """What torchao leaves out of the nodes that it inserts: an example of their value."""
    shape = _value(node.all_input_nodes[0], module).shape
    node.meta["val"] = torch.empty(shape, dtype=torch.int8 if node.target in QUANTIZE else torch.float32, device="meta")


def _largest(graph: GraphModule, batches: Iterable[Batch]) -> dict[Node, float]:
    """The largest magnitude of each operator's output over ``batches``, hidden logits apart."""
    found: dict[Node, float] = {}

    class Watching(Interpreter):
        def run_node(self, n: Node) -> Any:
            out = super().run_node(n)
            if isinstance(out, Tensor) and out.is_floating_point() and n.op == "call_function":
                seen = torch.where(out > HIDDEN / 2, out.abs(), 0.0)
                found[n] = max(found.get(n, 0.0), float(seen.max()))
            return out

    with torch.no_grad():
        for batch in batches:
            Watching(graph).run(torch.from_numpy(batch))
    return found


def _reasons(graph: GraphModule, largest: dict[Node, float]) -> dict[Node, str]:
    reasons: dict[Node, str] = {}
    for node in graph.graph.nodes:
        if node.op != "call_function" or not _floating(node, graph) or node.target in DEQUANTIZE:
            continue
        if node.meta.get(Q_ANNOTATION_KEY) is not None:
            reasons[node] = INT8
        elif "mask" in module_paths(node)[:1]:
            reasons[node] = MASK
        elif any(source.op == "placeholder" for source in node.all_input_nodes):
            reasons[node] = PIXELS
        elif max(largest.get(number, 0.0) for number in (node, *_dequantized(node))) > LARGEST:
            reasons[node] = TOO_LARGE
        elif node.target is aten.softmax.int and largest[node.all_input_nodes[0]] > LOGITS:
            reasons[node] = SHARP
            reasons.update(dict.fromkeys(_behind(node.all_input_nodes[0]), SHARP))
    return reasons


def _dequantized(node: Node) -> list[Node]:
    """The inputs that come from int8, which no other operator's output stands for."""
    return [source for source in node.all_input_nodes if source.target in DEQUANTIZE]


def _behind(node: Node) -> Iterable[Node]:
    """The operators from the product of two activations to a softmax."""
    if node.target in MOVES | SUMS | {aten.linear.default}:
        yield node
    if node.target in MOVES | SUMS - {aten.bmm.default}:
        for source in node.all_input_nodes:
            yield from _behind(source)


def _parts(graph: GraphModule, reasons: dict[Node, str]) -> tuple[FloatPart, ...]:
    left: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for node, reason in reasons.items():
        left[operator_name(node), reason].append(multiply_adds(node))
    return float_parts(left, sum(multiply_adds(node) for node in graph.graph.nodes if node.op == "call_function"))


def _value(node: Node, module: GraphModule) -> Any:
    """An example of what a node gives, without numbers; None for what is no tensor."""
    value = operator.attrgetter(str(node.target))(module) if node.op == "get_attr" else node.meta.get("val")
    return torch.empty(value.shape, dtype=value.dtype, device="meta") if isinstance(value, Tensor) else None


def _floating(node: Node, module: GraphModule) -> bool:
    value = _value(node, module)
    return value is not None and bool(value.is_floating_point())


class _Halving:
    """Rewrites a float32 graph in place: everything float16 but the operators in ``kept``, and what goes in and out."""

    def __init__(self, module: GraphModule, kept: frozenset[Node]) -> None:
        self.module, self.graph, self.kept = module, module.graph, kept
        self._made: dict[tuple[Node, torch.dtype], Node] = {}
        self._numbers: dict[float, Node] = {}

    def run(self) -> None:
        """Do it."""
        for node in list(self.graph.nodes):
            if node.op == "call_function" and node.target is aten.gelu.default and node not in self.kept:
                self._gelu(node)
        for node in list(self.graph.nodes):
            if node.op == "output":
                node.args = torch.fx.map_arg(node.args, lambda old: self._as(old, torch.float32))
            elif node.op == "call_function" and _floating(node, self.module) and node.target not in DEQUANTIZE:
                self._rewrite(node)
        self.graph.eliminate_dead_code()
        self.graph.lint()
        self.module.recompile()

    def _rewrite(self, node: Node) -> None:
        dtype = torch.float32 if node in self.kept else torch.float16
        if not any(_floating(source, self.module) for source in node.all_input_nodes):
            return
        with self.graph.inserting_before(node):
            node.args = torch.fx.map_arg(node.args, lambda old: self._as(old, dtype))
            if dtype is torch.float16 and node.target in (aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor):
                node.args = tuple(self._number(arg) if isinstance(arg, int | float) else arg for arg in node.args)
        node.meta["val"] = _value(node, self.module).to(dtype)

    def _as(self, node: Node, dtype: torch.dtype) -> Node:
        """``node`` in ``dtype``: itself, a constant of that type, or a conversion."""
        if not _floating(node, self.module) or _value(node, self.module).dtype == dtype:
            return node
        if (node, dtype) not in self._made:
            if node.op == "get_attr":
                value = operator.attrgetter(str(node.target))(self.module).detach()
                if dtype is torch.float16:
                    value = torch.where(value > HIDDEN / 2, value, -LARGEST)
                self._made[node, dtype] = self._constant(value.to(dtype), node)
            elif node.target is steps.dequantize_per_tensor.default:
                with self.graph.inserting_after(node):
                    new = self._made[node, dtype] = self.graph.create_node(
                        "call_function", node.target, node.args, {**node.kwargs, "out_dtype": dtype}
                    )
                new.meta = {**node.meta, "val": _value(node, self.module).to(dtype)}
            else:
                with self.graph.inserting_after(node):
                    self._made[node, dtype] = self._call(aten.to.dtype, node, dtype, like=node)
        return self._made[node, dtype]

    def _number(self, value: float) -> Node:
        """A number as a constant: in float16 ExecuTorch would convert it at run time, outside the delegate."""
        if value not in self._numbers:
            first = next(node for node in self.graph.nodes if node.op == "placeholder")
            self._numbers[value] = self._constant(torch.tensor([value], dtype=torch.float16), first)
        return self._numbers[value]

    def _constant(self, value: Tensor, after: Node) -> Node:
        name = f"half_{len(self._made)}_{len(self._numbers)}"
        self.module.register_buffer(name, value)
        with self.graph.inserting_after(after):
            return self.graph.get_attr(name)

    def _call(self, target: Callable[..., Any], *args: Any, like: Node) -> Node:
        node = self.graph.call_function(target, args)
        node.meta = {**like.meta, "val": target(*torch.fx.map_arg(args, lambda old: _value(old, self.module)))}
        return node

    def _gelu(self, node: Node) -> None:
        """x Phi(x) as x sigmoid(x (a + b x^2)), within 2.8e-4 of it everywhere: XNNPACK has no GELU in float16, whose own rounding of a
        number between 1 and 2 is 4.9e-4."""
        (x,) = node.all_input_nodes
        a, b = (self._number(value) for value in GELU)
        with self.graph.inserting_before(node):
            square = self._call(aten.mul.Tensor, x, x, like=node)
            slope = self._call(aten.add.Tensor, self._call(aten.mul.Tensor, square, b, like=node), a, like=node)
            share = self._call(aten.sigmoid.default, self._call(aten.mul.Tensor, x, slope, like=node), like=node)
            node.replace_all_uses_with(self._call(aten.mul.Tensor, x, share, like=node))
        self.graph.erase_node(node)
