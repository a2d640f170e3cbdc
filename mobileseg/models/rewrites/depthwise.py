"""Depthwise kernels of more than 25 taps, for which XNNPACK has no kernel, as sums of smaller ones: ``conv(x, V + W) = conv(x, V) +
conv(x, W)``, and a part that holds evenly spaced taps is a kernel with a larger dilation (``blocks/lattices.py``)."""

from __future__ import annotations

import torch
from torch.fx import Node

from mobileseg.models.blocks.lattices import lattices
from mobileseg.models.rewrites.program import Program, arguments, pair, shape_of

aten = torch.ops.aten


def apply(program: Program) -> bool:
    """Split every one whose parts need no cropped input."""
    found = [_split(program, node) for node in program.calls(aten.conv2d.default)]
    return any(found)


def _split(program: Program, node: Node) -> bool:
    source, weight, bias, stride, padding, dilation, groups = arguments(node)
    if not program.is_constant(weight) or groups == 1:
        return False
    _, per_group, height, width = shape_of(weight)
    parts, padding, dilation = lattices(height, width), pair(padding), pair(dilation)
    margins = [part.padding(padding, dilation) for part in parts]
    if per_group != 1 or len(parts) == 1 or min(map(min, margins)) < 0:
        return False
    total: Node | None = None
    for part, margin in zip(parts, margins, strict=True):
        taps = program.derive(part.taps, weight)
        args = (
            source,
            taps,
            bias if total is None else None,
            pair(stride),
            list(margin),
            list(part.dilation(dilation)),
            groups,
        )
        one = program.call(aten.conv2d.default, args, like=node)
        total = one if total is None else program.call(aten.add.Tensor, (total, one), like=node)
    assert total is not None
    program.replace(node, total)
    return True
