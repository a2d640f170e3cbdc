"""Numbers as floats: ``x + 3 = x + 3.0`` for floats ``x``. From an int the runtime would make a tensor of ints and convert it in every run,
outside the delegate. ``x - c = x + (-c)`` and ``x / c = x (1 / c)``, ``c - x = -x + c``."""

from __future__ import annotations

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments

aten = torch.ops.aten
BINARY = (aten.add.Tensor, aten.mul.Tensor, aten.sub.Tensor, aten.div.Tensor)


def apply(program: Program) -> bool:
    """Rewrite every one."""
    found = False
    for node in program.calls(
        *BINARY, aten.rsub.Scalar, aten.add.Scalar, aten.mul.Scalar, aten.sub.Scalar, aten.div.Scalar
    ):
        x, value, *rest = arguments(node)
        if isinstance(x, int | float) and isinstance(value, Node) and node.target in (aten.add.Tensor, aten.mul.Tensor):
            x, value = value, x
        alpha = rest[0] if rest else 1
        if not isinstance(x, Node) or not isinstance(value, int | float) or not x.meta["val"].is_floating_point():
            continue
        name = str(node.target).split(".")[1]
        if name == "rsub":
            if alpha != 1:
                continue
            new = program.call(
                aten.add.Tensor, (program.call(aten.neg.default, (x,), like=node), float(value)), like=node
            )
        elif name in ("mul", "div"):
            factor = float(value) if name == "mul" else 1.0 / float(value)
            new = program.call(aten.mul.Tensor, (x, factor), like=node)
        else:
            sign = 1.0 if name == "add" else -1.0
            new = program.call(aten.add.Tensor, (x, sign * float(alpha) * float(value)), like=node)
        if (new.target, new.args) == (node.target, node.args) and all(isinstance(a, Node | float) for a in node.args):
            program.graph.erase_node(new)
            continue
        program.replace(node, new)
        found = True
    return found
