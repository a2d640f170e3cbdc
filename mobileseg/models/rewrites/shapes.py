"""All changes of shape as ``reshape`` and ``permute``, which the delegate takes and the quantizer follows: ``transpose`` is a
permutation of two axes; ``squeeze``, ``unsqueeze``, ``flatten`` and ``unflatten`` are reshapes; a pixel shuffle is ``(r r c) h w -> c
(h r) (w r)``."""

from __future__ import annotations

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments, shape_of

aten = torch.ops.aten
RESHAPES = (
    aten.squeeze.default, aten.squeeze.dim, aten.squeeze.dims, aten.unsqueeze.default, aten.flatten.using_ints, aten.unflatten.int,
    aten.view.default, aten._unsafe_view.default, aten.view_as.default, aten.reshape_as.default,
)  # fmt: skip
TRANSPOSES = (aten.transpose.int, aten.t.default, aten.mT.default, aten.numpy_T.default, aten.swapaxes.default)


def apply(program: Program) -> bool:
    """Rewrite every one."""
    found = False
    for node in program.calls(*RESHAPES, *TRANSPOSES, aten.pixel_shuffle.default, aten.reshape.default):
        source = node.args[0]
        assert isinstance(source, Node)
        if program.is_constant(source):
            continue
        shape = list(shape_of(node))
        if node.target is aten.reshape.default:
            if list(node.args[1]) != shape:  # type: ignore[arg-type]  # -1 written out
                node.args = (source, shape)
            continue
        if node.target in RESHAPES:
            new = program.call(aten.reshape.default, (source, shape), like=node)
        elif node.target is aten.pixel_shuffle.default:
            new = _shuffled(program, node, source, int(arguments(node)[1]))
        else:
            new = program.call(aten.permute.default, (source, _order(node, len(shape))), like=node)
        program.replace(node, new)
        found = True
    return found


def _order(node: Node, axes: int) -> list[int]:
    order = list(range(axes))
    if node.target is aten.numpy_T.default:
        return order[::-1]
    one, other = (node.args[1], node.args[2]) if len(node.args) > 2 else (axes - 2, axes - 1)
    assert isinstance(one, int) and isinstance(other, int)
    order[one % axes], order[other % axes] = order[other % axes], order[one % axes]
    return order


def _shuffled(program: Program, node: Node, source: Node, factor: int) -> Node:
    batch, channels, height, width = shape_of(source)
    split = [batch, channels // factor**2, factor, factor, height, width]
    apart = program.call(aten.reshape.default, (source, split), like=node)
    moved = program.call(aten.permute.default, (apart, [0, 1, 4, 2, 5, 3]), like=node)
    return program.call(aten.reshape.default, (moved, list(shape_of(node))), like=node)
