"""Products of two activations as batched products of three axes, the delegate's form: ``(a, b, n, k) (a, b, k, m) = (ab, n, k) (ab, k,
m)``, and attention as ``softmax(q (s k)^T + mask) v`` over them."""

from __future__ import annotations

import math

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments, shape_of

aten = torch.ops.aten


def apply(program: Program) -> bool:
    """Rewrite every product of more than two axes, and every attention without dropout."""
    found = False
    for node in program.calls(aten.scaled_dot_product_attention.default):
        found = _attention(program, node) or found
    for node in program.calls(aten.matmul.default):
        found = _product(program, node) or found
    return found


def _attention(program: Program, node: Node) -> bool:
    query, key, value, mask, dropout, causal, scale, grouped = arguments(node)
    shape, keys = shape_of(query), shape_of(key)
    if dropout or causal or grouped or shape[:-2] != keys[:-2] or len(shape) < 3:
        return False
    if mask is not None and not mask.meta["val"].is_floating_point():
        return False
    factor = float(scale) if scale is not None else 1.0 / math.sqrt(shape[-1])
    scaled = program.call(aten.mul.Tensor, (_three(program, node, query), factor), like=node)
    turned = program.call(aten.permute.default, (_three(program, node, key), [0, 2, 1]), like=node)
    logits = program.call(aten.bmm.default, (scaled, turned), like=node)
    if mask is not None:
        full = [*shape[:-1], keys[-2]]
        logits = program.call(aten.reshape.default, (logits, full), like=node)
        logits = program.call(aten.add.Tensor, (logits, mask), like=node)
        logits = program.call(aten.reshape.default, (logits, [math.prod(shape[:-2]), shape[-2], keys[-2]]), like=node)
    shares = program.call(aten.softmax.int, (logits, -1), like=node)
    out = program.call(aten.bmm.default, (shares, _three(program, node, value)), like=node)
    program.replace(node, program.call(aten.reshape.default, (out, list(shape_of(node))), like=node))
    return True


def _product(program: Program, node: Node) -> bool:
    left, right = arguments(node)
    one, other = shape_of(left), shape_of(right)
    if len(one) < 3 or len(other) < 3 or one[:-2] != other[:-2]:
        return False
    out = program.call(aten.bmm.default, (_three(program, node, left), _three(program, node, right)), like=node)
    if shape_of(out) != shape_of(node):
        out = program.call(aten.reshape.default, (out, list(shape_of(node))), like=node)
    program.replace(node, out)
    return True


def _three(program: Program, node: Node, x: Node) -> Node:
    shape = shape_of(x)
    if len(shape) == 3:
        return x
    return program.call(aten.reshape.default, (x, [math.prod(shape[:-2]), *shape[-2:]]), like=node)
