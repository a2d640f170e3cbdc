"""Activations from operators that the delegate has: ``hardsigmoid(x) = clamp(x + 3, 0, 6) / 6``, ``silu(x) = x sigmoid(x)``,
``hardswish(x)`` is its own, ``relu6(x) = clamp(x, 0, 6)``, ``softplus``- and ``mish``-like ones are left."""

from __future__ import annotations

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments

aten = torch.ops.aten
SAME = {  # in place, or by another name
    aten.relu_.default: aten.relu.default,
    aten.hardswish_.default: aten.hardswish.default,
    aten.hardtanh_.default: aten.hardtanh.default,
    aten.relu6_.default: aten.relu6.default,
    aten.sigmoid_.default: aten.sigmoid.default,
    aten.leaky_relu_.default: aten.leaky_relu.default,
    aten.add_.Tensor: aten.add.Tensor,
    aten.mul_.Tensor: aten.mul.Tensor,
    aten.sub_.Tensor: aten.sub.Tensor,
    aten.div_.Tensor: aten.div.Tensor,
    aten.clamp_.default: aten.clamp.default,
}


def apply(program: Program) -> bool:
    """Rewrite every one."""
    found = False
    for node in program.calls(*SAME):
        if not _alone(node):
            continue
        assert isinstance(node.target, torch._ops.OpOverload)
        program.replace(node, program.call(SAME[node.target], tuple(node.args), like=node, kwargs=dict(node.kwargs)))
        found = True
    for node in program.calls(
        aten.hardsigmoid.default, aten.hardsigmoid_.default, aten.silu.default, aten.silu_.default
    ):
        x = arguments(node)[0]
        if str(node.target).split(".")[1].endswith("_") and not _alone(node):
            continue
        if node.target in (aten.silu.default, aten.silu_.default):
            new = program.call(aten.mul.Tensor, (x, program.call(aten.sigmoid.default, (x,), like=node)), like=node)
        else:
            moved = program.call(aten.add.Tensor, (x, 3.0), like=node)
            clamped = program.call(aten.clamp.default, (moved, 0.0, 6.0), like=node)
            new = program.call(aten.mul.Tensor, (clamped, 1.0 / 6.0), like=node)
        program.replace(node, new)
        found = True
    return found


def _alone(node: Node) -> bool:
    """Whether nothing else reads what an operator in place writes into, and no view of it."""
    source = node.args[0]
    if not isinstance(source, Node) or source.op != "call_function":
        return False
    later = [user for user in source.users if user is not node]
    return not any(user > node for user in later) and not any(word in str(source.target) for word in VIEWS)


VIEWS = (
    "view",
    "slice",
    "select",
    "permute",
    "transpose",
    "expand",
    "reshape",
    "unbind",
    "chunk",
    "split",
    "narrow",
    "squeeze",
)
