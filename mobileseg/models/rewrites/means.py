"""A mean over rows alone, or over columns alone, is two of the delegate's forms: ``mean(x, h)`` of a map is an average pool whose window
is one column. Over the last axis of tokens the mean is a product with ``1/n``: ``mean(x, -1) = x (1/n ... 1/n)``, a linear layer."""

from __future__ import annotations

import torch
from torch import Tensor

from mobileseg.models.rewrites.program import Function, Program, arguments, shape_of

aten = torch.ops.aten
REASON = "a mean over one axis, which XNNPACK has in float alone"


def apply(program: Program) -> bool:
    """Rewrite every mean over one axis that is not the delegate's own."""
    found = False
    for node in program.calls(aten.mean.dim):
        source, axes, keep, dtype = arguments(node)
        given = shape_of(source)
        axes = sorted(axis % len(given) for axis in axes or range(len(given)))
        if dtype is not None or (len(given) == 4 and axes == [2, 3] and keep):
            continue
        program.float_part(node, "mean", REASON)
        if len(given) == 4 and axes in ([2], [3]):
            window = [given[2], 1] if axes == [2] else [1, given[3]]
            new = program.call(aten.avg_pool2d.default, (source, window, [1, 1]), like=node)
        elif axes == [len(given) - 1]:
            size = given[-1]
            weight = program.derive(share(size), name="mean_weight")
            new = program.call(aten.linear.default, (source, weight), like=node)
        elif len(given) == 4 and axes == [2, 3]:
            new = program.call(aten.mean.dim, (source, axes, True), like=node)
        else:
            continue
        if not keep or len(shape_of(node)) != len(shape_of(new)):
            new = program.call(aten.reshape.default, (new, list(shape_of(node))), like=node)
        program.replace(node, new)
        found = True
    return found


def share(size: int) -> Function:
    """The weight of a linear layer that averages ``size`` values."""

    def made() -> Tensor:
        return torch.full((1, size), 1.0 / size)

    return made
