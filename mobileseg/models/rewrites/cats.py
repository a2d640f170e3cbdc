"""Concatenations of one tensor and of nothing: ``cat(x, nothing) = cat(x)``, ``cat(x) = x``. A decoder is given a map without channels
where its encoder has none of that size."""

from __future__ import annotations

import math

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments, shape_of

aten = torch.ops.aten


def apply(program: Program) -> bool:
    """Leave out what is empty."""
    found = False
    for node in program.calls(aten.cat.default):
        parts, axis = arguments(node)
        full = [part for part in parts if math.prod(shape_of(part))]
        if not full or (len(full) == len(parts) and len(parts) > 1):
            continue
        new: Node = full[0] if len(full) == 1 else program.call(aten.cat.default, (full, axis), like=node)
        program.replace(node, new)
        found = True
    return found
