"""``expand(x) o y = x o y`` for elementwise operators that broadcast by themselves; where something else takes it, ``expand(x) = x * 1``
with ones of its shape."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Node

from mobileseg.models.rewrites.program import Function, Program, shape_of

aten = torch.ops.aten
ELEMENTWISE = (aten.add.Tensor, aten.mul.Tensor, aten.sub.Tensor, aten.div.Tensor)


def apply(program: Program) -> bool:
    """Rewrite every expansion of floats."""
    found = False
    for node in program.calls(aten.expand.default, aten.expand_as.default, aten.repeat.default):
        source = node.args[0]
        assert isinstance(source, Node)
        if not source.meta["val"].is_floating_point() or not _broadcasts(source, node):
            continue
        for taker in list(node.users):
            others = [one for one in taker.all_input_nodes if one is not node]
            if taker.target in ELEMENTWISE and others and _broadcast(source, *others) == shape_of(taker):
                taker.replace_input_with(node, source)
                found = True
        if node.users:
            ones = program.derive(_ones(shape_of(node)), name="ones")
            program.replace(node, program.call(aten.mul.Tensor, (source, ones), like=node))
            found = True
        else:
            program.graph.erase_node(node)
    return found


def _broadcasts(source: Node, node: Node) -> bool:
    """Not so of ``repeat`` along an axis that is longer than 1."""
    try:
        return _broadcast(source, node) == shape_of(node)
    except RuntimeError:
        return False


def _broadcast(*nodes: Node) -> tuple[int, ...]:
    shapes = (shape_of(node) for node in nodes)
    return tuple(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]


def _ones(shape: tuple[int, ...]) -> Function:
    def ones() -> Tensor:
        return torch.ones(shape)

    return ones
