"""Average pools of fixed sizes. ``adaptive(x, 1)`` is a mean; where the sizes divide it is an average pool; else every output row is the
mean of some rows, a constant matrix: ``A x B^T``, two linear layers. A padded pool that counts the padding is a depthwise convolution
with ``1 / k^2``; ``ceil_mode`` does nothing where all windows fit."""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.fx import Node

from mobileseg.models.blocks.algebra import pooling_matrix
from mobileseg.models.rewrites.program import Program, arguments, pair, shape_of

aten = torch.ops.aten
REASON = "average pooling, which XNNPACK has in float alone"


def apply(program: Program) -> bool:
    """Rewrite every one."""
    found = [_adaptive(program, node) for node in program.calls(aten.adaptive_avg_pool2d.default)]
    found += [_plain(program, node) for node in program.calls(aten.avg_pool2d.default)]
    found += [_whole(program, node) for node in program.calls(aten.max_pool2d.default)]
    return any(found)


def _adaptive(program: Program, node: Node) -> bool:
    source = node.args[0]
    assert isinstance(source, Node)
    given, wanted = shape_of(source)[-2:], shape_of(node)[-2:]
    if len(shape_of(source)) != 4:
        return False
    if given == wanted:
        new = source
    elif wanted == (1, 1):
        new = program.call(aten.mean.dim, (source, [2, 3], True), like=node)
    elif all(side % cells == 0 for side, cells in zip(given, wanted, strict=True)):
        window = [side // cells for side, cells in zip(given, wanted, strict=True)]
        new = program.call(aten.avg_pool2d.default, (source, window, window), like=node)
    else:
        program.float_part(node, "pool", REASON)
        new = source
        for side, cells in ((given[1], wanted[1]), (given[0], wanted[0])):
            weight = program.derive(functools.partial(_matrix, side, cells), name="pool_weight")
            new = program.call(aten.linear.default, (new, weight), like=node)
            new = program.call(aten.permute.default, (new, [0, 1, 3, 2]), like=node)
    program.replace(node, new)
    return True


def _matrix(side: int, cells: int) -> Tensor:
    return pooling_matrix(side, cells).float()


def _plain(program: Program, node: Node) -> bool:
    source, window, stride, padding, ceil, counted, divisor = arguments(node)
    window, padding = pair(window), pair(padding)
    stride = pair(stride) if stride else window
    channels = shape_of(source)[1]
    if ceil and not _fits(source, window, stride, padding):
        return False
    if any(padding) and counted and divisor is None:
        program.float_part(node, "pool", REASON)
        weight = program.derive(
            lambda: torch.full((channels, 1, *window), 1.0 / (window[0] * window[1])), name="pool_weight"
        )
        new = program.call(aten.conv2d.default, (source, weight, None, stride, padding, [1, 1], channels), like=node)
    elif ceil:
        new = program.call(node.target, (source, window, stride, padding, False, counted, divisor), like=node)  # type: ignore[arg-type]
    else:
        return False
    program.replace(node, new)
    return True


def _whole(program: Program, node: Node) -> bool:
    """A max pool whose ``ceil_mode`` does nothing."""
    source, window, stride, padding, dilation, ceil = arguments(node)
    window, padding = pair(window), pair(padding)
    stride = pair(stride) if stride else window
    if not ceil or pair(dilation) != [1, 1] or not _fits(source, window, stride, padding):
        return False
    program.replace(node, program.call(node.target, (source, window, stride, padding, [1, 1], False), like=node))  # type: ignore[arg-type]
    return True


def _fits(source: Node, window: list[int], stride: list[int], padding: list[int]) -> bool:
    sides = shape_of(source)[-2:]
    return all((s + 2 * p - w) % d == 0 for s, p, w, d in zip(sides, padding, window, stride, strict=True))
