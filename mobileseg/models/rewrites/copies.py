"""Operators that do nothing in evaluation: ``dropout(x) = x``, ``clone(x) = x``, ``to(x, its own type) = x``, and ``expand``, ``reshape``,
``slice`` or ``pad`` to what is there already."""

from __future__ import annotations

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, shape_of

aten = torch.ops.aten
DROPOUTS = (aten.dropout.default, aten.feature_dropout.default, aten.dropout_.default, aten.feature_dropout_.default)
ALWAYS = (aten.clone.default, aten.contiguous.default, aten.alias.default, aten.lift_fresh_copy.default, aten.detach_.default,
          aten.detach.default, *DROPOUTS)  # fmt: skip
WHERE_EQUAL = (aten.to.dtype, aten.to.dtype_layout, aten.to.device, aten.type_as.default, aten._to_copy.default, aten.expand.default,
               aten.reshape.default, aten.view.default, aten.permute.default, aten.slice.Tensor, aten.flatten.using_ints,
               aten.constant_pad_nd.default, aten.pad.default)  # fmt: skip


def apply(program: Program) -> bool:
    """Take them out. A ``view`` counts on the order that a ``contiguous`` before it makes: it becomes a ``reshape``."""
    views = program.calls(aten.view.default)
    for node in views:
        node.target = aten.reshape.default
    found = bool(views)
    for node in program.calls(*ALWAYS, *WHERE_EQUAL):
        source = node.args[0]
        assert isinstance(source, Node)
        if node.target in DROPOUTS and node.args[2] is not False:
            continue
        if node.target in WHERE_EQUAL and not _equal(node, source):
            continue
        program.replace(node, source)
        found = True
    return found


def _equal(node: Node, source: Node) -> bool:
    """Same shape, type, and, for what could reorder or move, provably the same numbers."""
    if shape_of(node) != shape_of(source) or node.meta["val"].dtype != source.meta["val"].dtype:
        return False
    if node.target is aten.permute.default:
        return list(node.args[1]) == list(range(len(shape_of(source))))  # type: ignore[arg-type]
    if node.target in (aten.constant_pad_nd.default, aten.pad.default):
        return not any(node.args[1])  # type: ignore[arg-type]
    return True
