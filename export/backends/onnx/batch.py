"""From one picture to many: the graph of a deploy model, made for one picture, rewritten for a batch.

Deploy models drop the batch wherever a mobile delegate wants it so: attention runs over heads, token maps are ``(H, W, C)``. In the
rewritten graph a tensor carries the batch in one of two ways. *Natural*: it has a leading dimension of one picture, which becomes the
batch. *Prefixed*: it has none, and the batch is put before its dimensions. Reshapes change between the two for nothing; their only
unknown is the batch, so no shape is computed at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
import torchao.quantization.pt2e  # noqa: F401  registers the operators of quantized graphs
from torch import Tensor
from torch.fx import Graph, GraphModule, Node
from torch.fx.passes.shape_prop import ShapeProp

from mobileseg.errors import RequestError

aten = torch.ops.aten
steps = torch.ops.quantized_decomposed


class Carried(NamedTuple):
    """A value of the new graph. ``prefixed``: how it carries the batch, None for one that does not depend on the picture. ``shape``: of
    one picture's."""

    node: Node
    prefixed: bool | None
    shape: tuple[int, ...]


def batched(graph: GraphModule, example: Tensor) -> GraphModule:
    """A copy of ``graph``, made for ``example`` of one picture, that takes ``(N, 3, H, W)`` and gives every output for N pictures, each as
    if it were alone.

    Raises ``RequestError`` for an operator that has no rule.
    """
    with torch.no_grad():
        ShapeProp(graph).propagate(example)
    lift = _Lift(Graph(graph))
    for node in graph.graph.nodes:
        lift.add(node)
    lift.graph.set_codegen(graph.graph._codegen)  # which gives outputs back as the module's own, one or several by name
    lift.graph.lint()
    return GraphModule(graph, lift.graph).eval()


class _Lift:
    """The new graph, and what each node of the old one has become."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._done: dict[Node, Carried] = {}

    def add(self, node: Node) -> None:
        """Rewrite one node, whose arguments have been rewritten."""
        if node.op == "output":
            self.graph.output(torch.fx.map_arg(_args(node)[0], lambda old: self.natural(self._done[old]).node))
            return
        if node.op == "call_module":  # the check of the input's shape that torch.export leaves behind
            return
        shape = _shape(node)
        if node.op == "placeholder":
            self._done[node] = Carried(self.graph.node_copy(node), False, shape)
            return
        parts = [self._done[old] for old in node.all_input_nodes]
        if all(part.prefixed is None for part in parts):
            copy = self.graph.node_copy(node, lambda old: self._done[old].node)
            self._done[node] = Carried(copy, None, shape)
            return
        rule = RULES.get(node.target)
        if rule is None:
            raise RequestError(
                expected="a network whose operators are known to take a batch", found=f"{node.target}",
                fix="leave out --batch, and run the pictures one by one",
            )  # fmt: skip
        self._done[node] = rule(self, node, shape)

    def of(self, value: Any) -> Carried:
        """What the old ``value`` has become."""
        return self._done[value]

    def call(self, target: Any, *args: Any, prefixed: bool, shape: tuple[int, ...]) -> Carried:
        """A new node."""
        return Carried(self.graph.call_function(target, args), prefixed, shape)

    def same(self, node: Node, part: Carried, shape: tuple[int, ...], *args: Any) -> Carried:
        """``node`` with ``part`` as its first argument and ``args`` after it, default the old ones, which carries the batch as ``part``
        does."""
        new = self.graph.call_function(_operator(node), (part.node, *(args or self.plain(node))), dict(node.kwargs))
        return Carried(new, part.prefixed, shape)

    def plain(self, node: Node) -> tuple[Any, ...]:
        """All arguments after the first, in the new graph."""
        return tuple(torch.fx.map_arg(_args(node)[1:], lambda old: self._done[old].node))

    def natural(self, part: Carried) -> Carried:
        """``part``, which has a leading dimension of one picture, with the batch in its place."""
        if not part.prefixed:
            return part
        assert part.shape[0] == 1, part
        return self.call(aten.squeeze.dim, part.node, 1, prefixed=False, shape=part.shape)

    def prefixed(self, part: Carried, rank: int = 0) -> Carried:
        """``part`` with the batch before its dimensions, of which there are ``rank`` at least; a constant as it is."""
        if part.prefixed is None:
            return part
        if part.prefixed is False:
            part = self.call(aten.unsqueeze.default, part.node, 1, prefixed=True, shape=part.shape)
        for _ in range(rank - len(part.shape)):
            part = self.call(aten.unsqueeze.default, part.node, 1, prefixed=True, shape=(1, *part.shape))
        return part


def _args(node: Node) -> tuple[Any, ...]:
    """Numbers, nodes and lists of them: what they are, each operator's rule knows."""
    return node.args


def _operator(node: Node) -> Callable[..., Any]:
    assert callable(node.target)
    return node.target


def _shape(node: Node) -> tuple[int, ...]:
    meta: Any = node.meta.get("tensor_meta")
    return tuple(meta.shape) if hasattr(meta, "shape") else ()


def _unchanged(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    """Elementwise in one tensor, or along its last dimension alone."""
    return lift.same(node, lift.of(_args(node)[0]), shape)


def _left_out(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    """Computes nothing in a file: assertions, dropout."""
    return lift.of(_args(node)[0])


def _map(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    """Takes maps ``(1, C, H, W)``."""
    return lift.same(node, lift.natural(lift.of(_args(node)[0])), shape)


def _elementwise(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    """Elementwise in several tensors or numbers."""
    parts = {old: lift.of(old) for old in node.all_input_nodes}
    carrying = [part for part in parts.values() if part.prefixed is not None]
    if any(part.prefixed or len(part.shape) < len(shape) or part.shape[0] != shape[0] for part in carrying):
        parts = {old: lift.prefixed(part, len(shape)) for old, part in parts.items()}
    args = torch.fx.map_arg(_args(node), lambda old: parts[old].node)
    new = lift.graph.call_function(_operator(node), tuple(args), dict(node.kwargs))
    return Carried(new, any(part.prefixed is True for part in parts.values()), shape)


def _along(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    """Along the dimensions that the second argument names."""
    part = lift.of(_args(node)[0])
    given = _args(node)[1]
    dims = [dim % len(part.shape) for dim in (given if isinstance(given, list | tuple) else [given])]
    if 0 in dims:
        part = lift.prefixed(part)
    moved = [dim + 1 if part.prefixed else dim for dim in dims]
    rest = lift.plain(node)[1:]
    return lift.same(node, part, shape, moved if isinstance(given, list | tuple) else moved[0], *rest)


def _cat(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    parts = [lift.of(old) for old in _args(node)[0]]
    dim = (_args(node)[1] if len(_args(node)) > 1 else 0) % len(shape)
    prefixed: bool = dim == 0 or any(part.prefixed is True for part in parts)
    if prefixed:
        parts = [lift.prefixed(part) for part in parts]
    assert all(part.prefixed is not None for part in parts), "a constant beside pictures"
    new = lift.graph.call_function(_operator(node), ([part.node for part in parts], dim + prefixed))
    return Carried(new, prefixed, shape)


def _reshape(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    natural = shape[0] == 1
    target = [-1, *(shape[1:] if natural else shape)]
    return lift.call(aten.reshape.default, lift.of(_args(node)[0]).node, target, prefixed=not natural, shape=shape)


def _permute(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    part = lift.of(_args(node)[0])
    dims = [dim % len(shape) for dim in _args(node)[1]]
    if part.prefixed is False and dims[0] == 0:
        return lift.same(node, part, shape)
    return lift.same(node, lift.prefixed(part), shape, [0, *(dim + 1 for dim in dims)])


def _products(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    """Matrices times matrices: of all pictures at once where there is one for each, else with one dimension more."""
    parts = [lift.of(old) for old in _args(node)]
    if all(part.prefixed is False for part in parts):
        return lift.call(node.target, *(part.node for part in parts), prefixed=False, shape=shape)
    parts = [lift.prefixed(part) for part in parts]
    return lift.call(aten.matmul.default, *(part.node for part in parts), prefixed=True, shape=shape)


def _pad(lift: _Lift, node: Node, shape: tuple[int, ...]) -> Carried:
    part = lift.of(_args(node)[0])
    return lift.same(node, lift.prefixed(part) if len(_args(node)[1]) == 2 * len(shape) else part, shape)


Rule = Callable[[_Lift, Node, tuple[int, ...]], Carried]

RULES: Mapping[Any, Rule] = {
    **dict.fromkeys(
        (
            aten.relu.default, aten.relu6.default, aten.hardtanh.default, aten.gelu.default, aten.rsqrt.default, aten.clamp.default,
            aten.to.dtype, aten.linear.default, aten.silu.default, aten.sigmoid.default, aten.hardswish.default,
            aten.hardsigmoid.default, aten.leaky_relu.default, aten.elu.default, aten.tanh.default, aten.exp.default,
            steps.quantize_per_tensor.default, steps.dequantize_per_tensor.default,
        ),
        _unchanged,
    ),
    **dict.fromkeys((aten._assert_tensor_metadata.default, aten.feature_dropout.default), _left_out),
    **dict.fromkeys(
        (
            aten.conv2d.default, aten.conv_transpose2d.input, aten.avg_pool2d.default, aten.max_pool2d.default,
            aten.adaptive_avg_pool2d.default, aten.upsample_bilinear2d.vec, aten.upsample_nearest2d.vec, aten.pixel_shuffle.default,
        ),
        _map,
    ),
    **dict.fromkeys(
        (aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor, aten.maximum.default, aten.minimum.default),
        _elementwise,
    ),
    **dict.fromkeys((aten.softmax.int, aten.mean.dim, aten.slice.Tensor, aten.narrow.default), _along),
    **dict.fromkeys((aten.reshape.default, aten.view.default, aten.flatten.using_ints), _reshape),
    aten.cat.default: _cat,
    aten.permute.default: _permute,
    aten.bmm.default: _products,
    aten.pad.default: _pad,
}  # fmt: skip
