"""Zero padding around a convolution goes into the convolution: ``conv(pad(x, p)) = conv(x, padding + p)`` where ``p`` is the same on
both sides of an axis; ``padding='same'`` is ``dilation (k - 1) / 2`` on both sides where that is whole, else a pad of its own."""

from __future__ import annotations

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments, only_user, pair, shape_of

aten = torch.ops.aten
PADS = (aten.pad.default, aten.constant_pad_nd.default)


def apply(program: Program) -> bool:
    """Rewrite every one."""
    named = [_named(program, node) for node in program.calls(aten.conv2d.padding)]
    return any([*named, *[_joined(program, node) for node in program.calls(*PADS)]])


def _named(program: Program, node: Node) -> bool:
    x, weight, bias, stride, padding, dilation, groups = arguments(node)
    steps = [d * (k - 1) for d, k in zip(pair(dilation), shape_of(weight)[2:], strict=True)]
    if padding == "valid":
        steps = [0, 0]
    odd = [step % 2 for step in steps]
    if any(odd):
        x = program.call(aten.pad.default, (x, [0, odd[1], 0, odd[0]]), like=node)
    sides = [step // 2 for step in steps]
    new = program.call(aten.conv2d.default, (x, weight, bias, pair(stride), sides, pair(dilation), groups), like=node)
    program.replace(node, new)
    return True


def _joined(program: Program, node: Node) -> bool:
    taker = only_user(node)
    args = arguments(node)
    zeros = args[1] if node.target is aten.constant_pad_nd.default or args[2] == "constant" else None
    value = args[2] if node.target is aten.constant_pad_nd.default else args[3]
    if taker is None or taker.target is not aten.conv2d.default or zeros is None or value not in (None, 0, 0.0):
        return False
    left, right, top, bottom = [*zeros, 0, 0, 0, 0][:4]
    if len(zeros) > 4 or left != right or top != bottom or min(left, top) < 0:
        return False
    given = arguments(taker)
    given[0] = args[0]
    given[4] = [side + more for side, more in zip(pair(given[4]), (top, left), strict=True)]
    taker.args = tuple(given)
    program.graph.erase_node(node)
    return True
