"""Bilinear resizes by factors become resizes to sizes, where both sample the same places (``size = factor * side`` exactly); one to the
size that is there already is the identity."""

from __future__ import annotations

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments, shape_of

aten = torch.ops.aten


def apply(program: Program) -> bool:
    """Rewrite every one."""
    found = False
    for node in program.calls(aten.upsample_bilinear2d.vec):
        source, size, aligned, factors = arguments(node)
        assert isinstance(source, Node)
        given, wanted = shape_of(source)[2:], shape_of(node)[2:]
        if given == wanted:
            program.replace(node, source)
            found = True
        elif size is None and all(
            side * factor == new for side, factor, new in zip(given, factors, wanted, strict=True)
        ):
            new = program.call(aten.upsample_bilinear2d.vec, (source, list(wanted), aligned, None), like=node)
            program.replace(node, new)
            found = True
    return found
