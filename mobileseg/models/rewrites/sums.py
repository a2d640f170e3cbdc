"""``sum(x, axes) = n mean(x, axes)`` for the ``n`` values that are added up, and ``sum([a, b, c])`` of tensors is ``a + b + c`` already:
the delegate has means over rows and columns, and no sum."""

from __future__ import annotations

import math

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments, shape_of

aten = torch.ops.aten


def apply(program: Program) -> bool:
    """Rewrite every sum over some axes of floats; one over a new axis of stacked tensors becomes their sum."""
    found = False
    for node in program.calls(aten.sum.dim_IntList):
        source, axes, keep, dtype = arguments(node)
        if dtype is not None or not source.meta["val"].is_floating_point():
            continue
        given = shape_of(source)
        axes = sorted(axis % len(given) for axis in axes or range(len(given)))
        parts = _stacked(source, axes)
        if parts is not None and not keep:
            new = parts[0]
            for part in parts[1:]:
                new = program.call(aten.add.Tensor, (new, part), like=node)
        else:
            mean = program.call(aten.mean.dim, (source, axes, keep), like=node)
            new = program.call(aten.mul.Tensor, (mean, float(math.prod(given[axis] for axis in axes))), like=node)
        program.replace(node, new)
        found = True
    return found


def _stacked(source: Node, axes: list[int]) -> list[Node] | None:
    """The tensors that ``source`` stacks along the one axis that is summed."""
    if source.target is not aten.stack.default:
        return None
    parts, axis = arguments(source)
    return list(parts) if axes == [axis % len(shape_of(source))] else None
