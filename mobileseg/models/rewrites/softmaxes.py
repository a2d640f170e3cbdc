"""Softmax over the last axis of four is that of its rows: ``softmax(x) = reshape(softmax(reshape(x)))``. XNNPACK holds what a convolution
made with the second axis last, and takes its softmax over what is last there (executorch 1.5.1)."""

from __future__ import annotations

import math

import torch

from mobileseg.models.rewrites.program import Program, arguments, shape_of

aten = torch.ops.aten


def apply(program: Program) -> bool:
    """Rewrite every one."""
    found = False
    for node in program.calls(aten.softmax.int):
        source, axis, dtype = arguments(node)
        shape = shape_of(source)
        if len(shape) != 4 or axis not in (-1, 3) or dtype is not None:
            continue
        rows = program.call(aten.reshape.default, (source, [math.prod(shape[:-2]), *shape[-2:]]), like=node)
        shares = program.call(aten.softmax.int, (rows, -1), like=node)
        program.replace(node, program.call(aten.reshape.default, (shares, list(shape)), like=node))
        found = True
    return found
