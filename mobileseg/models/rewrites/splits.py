"""Parts of a tensor as slices: ``chunk``, ``split``, ``unbind`` and ``select`` each give ``x[a:b]`` along one axis, the latter two
without that axis. The delegate has slices of step 1."""

from __future__ import annotations

import torch
from torch.fx import Node

from mobileseg.models.rewrites.program import Program, arguments, shape_of

aten = torch.ops.aten
LISTS = (
    aten.chunk.default,
    aten.split.Tensor,
    aten.split_with_sizes.default,
    aten.split.sizes,
    aten.unbind.int,
    aten.tensor_split.sections,
)


def apply(program: Program) -> bool:
    """Rewrite every one."""
    found = False
    for node in program.calls(*LISTS):
        axis = int(arguments(node)[1 if node.target is aten.unbind.int else 2])
        first, lost = 0, node.target is aten.unbind.int
        starts = []
        axes = len(shape_of(node.args[0]))
        for value in node.meta["val"]:
            starts.append(first)
            first += 1 if lost else int(value.shape[axis % axes])
        for part in list(node.users):
            index = int(part.args[1])  # type: ignore[arg-type]  # of getitem
            begin = starts[index]
            size = 1 if lost else int(node.meta["val"][index].shape[axis % axes])
            _part(program, part, node.args[0], axis % axes, begin, begin + size)
        if not node.users:
            program.graph.erase_node(node)
        found = True
    for node in program.calls(aten.select.int):
        source, axis, index = arguments(node)
        given = shape_of(source)
        if program.is_constant(source):
            continue
        axis %= len(given)
        index %= given[axis]
        _part(program, node, source, axis, index, index + 1)
        found = True
    return found


def _part(program: Program, node: Node, source: object, axis: int, first: int, last: int) -> None:
    """Replace ``node`` by ``source[first:last]`` along ``axis``, in the shape of ``node``."""
    assert isinstance(source, Node)
    if program.is_constant(source):
        return
    new = source
    if (first, last) != (0, shape_of(source)[axis]):
        new = program.call(aten.slice.Tensor, (source, axis, first, last), like=node)
    if shape_of(new) != shape_of(node):
        new = program.call(aten.reshape.default, (new, list(shape_of(node))), like=node)
    program.replace(node, new)
