"""BatchNorm in evaluation is affine, ``bn(y) = s y + t`` with ``s = gamma / sqrt(var + eps)``, ``t = beta - s mean``. Behind a
convolution, a transposed one or a linear layer it folds into their weights, ``s (W x + b) + t = (s W) x + (s b + t)``; alone it
becomes a depthwise 1x1 convolution."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.fx import Node

from mobileseg.models.blocks.algebra import batchnorm_scale, batchnorm_shift, scaled_bias, scaled_weight
from mobileseg.models.rewrites.program import Program, arguments, only_user, shape_of

aten = torch.ops.aten
CONVOLUTIONS = (aten.conv2d.default, aten.conv2d.padding)
TRANSPOSED = aten.conv_transpose2d.input


def apply(program: Program) -> bool:
    """Fold every one."""
    found = False
    for node in program.calls(aten.batch_norm.default):
        source, gamma, beta, mean, var, training, _, eps, _ = arguments(node)
        if training or not all(program.is_constant(one) for one in (mean, var)):
            continue
        scale = program.derive(partial(batchnorm_scale, eps=eps), *([var, gamma] if gamma is not None else [var]))
        shift = program.derive(batchnorm_shift, mean, scale, *([beta] if beta is not None else []))
        program.replace(node, _folded(program, node, source, scale, shift))
        found = True
    return found


def _folded(program: Program, node: Node, source: Node, scale: Node, shift: Node) -> Node:
    """What gives the same as the BatchNorm ``node``."""
    if (
        only_user(source) is node
        and source.op == "call_function"
        and program.is_constant(source.args[1] if len(source.args) > 1 else None)
    ):
        if source.target in CONVOLUTIONS:
            return _layer(program, node, source, scale, shift, axis=0)
        if source.target is aten.linear.default and len(shape_of(source)) == 2:
            return _layer(program, node, source, scale, shift, axis=0)
        if source.target is TRANSPOSED and arguments(source)[6] == 1:
            return _layer(program, node, source, scale, shift, axis=1)
    given = shape_of(source)
    if len(given) != 4:
        axes = (1, -1) + (1,) * (len(given) - 2)
        factor = program.derive(lambda s: s.reshape(axes).float(), scale)
        offset = program.derive(lambda t: t.reshape(axes).float(), shift)
        return program.call(
            aten.add.Tensor, (program.call(aten.mul.Tensor, (source, factor), like=node), offset), like=node
        )
    weight = program.derive(lambda s: s.reshape(-1, 1, 1, 1).float(), scale)
    bias = program.derive(lambda t: t.float(), shift)
    return program.call(aten.conv2d.default, (source, weight, bias, [1, 1], [0, 0], [1, 1], given[1]), like=node)


def _layer(program: Program, node: Node, source: Node, scale: Node, shift: Node, axis: int) -> Node:
    args = arguments(source)
    old_weight, old_bias = args[1], args[2]

    def weight(old: Tensor, scale: Tensor) -> Tensor:
        return scaled_weight(old, scale, axis).float()

    def bias(scale: Tensor, shift: Tensor, old: Tensor | None = None) -> Tensor:
        return scaled_bias(scale, shift, old).float()

    args[1] = program.derive(weight, old_weight, scale)
    args[2] = program.derive(
        bias, scale, shift, *([old_bias] if old_bias is not None else []), name=str(old_weight.target) + "_bias"
    )
    made = program.call(source.target, tuple(args), like=node)  # type: ignore[arg-type]
    made.meta["nn_module_stack"] = source.meta.get("nn_module_stack")
    return made
