"""LayerNorm and group normalisation from means: ``norm(x) = (x - m) / sqrt(mean((x - m)^2) + eps) * gamma + beta``, with ``m`` the mean of
the values that are normalised together. The delegate has no norm. Values together are brought into the last axis, where a mean is a
linear layer; those of a whole map are averaged as rows and columns."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.fx import Node

from mobileseg.models.rewrites.means import share
from mobileseg.models.rewrites.program import Function, Program, arguments, shape_of

aten = torch.ops.aten
REASON = "a norm divides by a deviation that it computes: no int8 kernels, and its mean needs more than 8 bits"


def apply(program: Program) -> bool:
    """Rewrite every layer, group and instance norm."""
    found = False
    for node in program.calls(aten.layer_norm.default, aten.group_norm.default):
        source = node.args[0]
        assert isinstance(source, Node)
        program.float_part(node, "norm", REASON)
        if node.target is aten.layer_norm.default:
            _, inner, gamma, beta, eps, _ = arguments(node)
            count = math.prod(inner)
            normed = _normed(program, node, source, [-1, count], eps)
            shape = [1] * (len(shape_of(node)) - len(inner)) + list(inner)
        else:
            _, groups, gamma, beta, eps, _ = arguments(node)
            batch, channels = shape_of(source)[:2]
            count = math.prod(shape_of(source)) // (batch * groups)
            normed = _normed(program, node, source, [batch * groups, count], eps)
            shape = [1, channels] + [1] * (len(shape_of(node)) - 2)
        new = normed
        for operator, constant in ((aten.mul.Tensor, gamma), (aten.add.Tensor, beta)):
            if constant is not None:
                value = program.derive(_shaped(shape), constant)
                new = program.call(operator, (new, value), like=node)
        program.replace(node, new)
        found = True
    return found


def _normed(program: Program, node: Node, source: Node, rows: list[int], eps: float) -> Node:
    """``source`` without mean and scale, over the rows of it as a matrix; in its own shape."""
    shape = list(shape_of(source))
    flat = shape[-1] == rows[1]
    x = source if flat else program.call(aten.reshape.default, (source, rows), like=node)
    mean = _mean(program, node, x)
    centred = program.call(aten.sub.Tensor, (x, mean), like=node)
    variance = _mean(program, node, program.call(aten.mul.Tensor, (centred, centred), like=node))
    steps = program.call(aten.rsqrt.default, (program.call(aten.add.Tensor, (variance, eps), like=node),), like=node)
    normed = program.call(aten.mul.Tensor, (centred, steps), like=node)
    return normed if flat else program.call(aten.reshape.default, (normed, shape), like=node)


def _mean(program: Program, node: Node, x: Node) -> Node:
    weight = program.derive(share(shape_of(x)[-1]), name="mean_weight")
    return program.call(aten.linear.default, (x, weight), like=node)


def _shaped(shape: list[int]) -> Function:
    def shaped(value: Tensor) -> Tensor:
        return value.reshape(shape)

    return shaped
