"""The scaling of the input, a 1x1 convolution ``M`` without bias, goes into the convolutions that take it: ``W (M x) = (W M) x``, also with
zero padding, since ``M 0 = 0``."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments

aten = torch.ops.aten


def apply(program: Program) -> bool:
    """Fold it, if all that takes it are convolutions of one group."""
    image = next(node for node in program.graph.nodes if node.op == "placeholder")
    scaled = next(iter(image.users))
    takers = list(scaled.users)
    if not all(_takes(program, node) for node in takers):
        return False
    matrix = scaled.args[1]
    assert isinstance(matrix, Node)
    for node in takers:
        args = arguments(node)
        args[0], args[1] = image, program.derive(_product, args[1], matrix)
        node.args = tuple(args)
    return True


def _takes(program: Program, node: Node) -> bool:
    if node.target not in (aten.conv2d.default, aten.conv2d.padding):
        return False
    args = arguments(node)
    return args[6] == 1 and program.is_constant(args[1])


def _product(weight: Tensor, matrix: Tensor) -> Tensor:
    """``(out, in, rows, columns)`` times ``(in, pixels, 1, 1)``: over the input channels."""
    return (weight.double()[:, :, None] * matrix.double()[None]).sum(1).float()
