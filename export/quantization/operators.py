"""The operators of an exported graph: classification, names, and cost in multiply-adds."""

from __future__ import annotations

import re

import torch
from torch import Tensor
from torch.fx import Node

aten = torch.ops.aten

WEIGHTED = {aten.conv2d.default, aten.linear.default}
BINARY = {aten.add.Tensor, aten.mul.Tensor}
TABLES = {aten.gelu.default}  # one input: a lookup table of 256 values in XNNPACK
CLAMPS = {aten.relu.default, aten.relu6.default, aten.hardtanh.default, aten.clamp.default}
# These move values without changing them: input and output share their scale.
LAYOUT = {
    aten.slice.Tensor,
    aten.permute.default,
    aten.reshape.default,
    aten.view.default,
    aten.flatten.using_ints,
    aten.mean.dim,
    aten.max_pool2d.default,
}
RULED = WEIGHTED | BINARY | TABLES | {aten.cat.default}  # each is int8 or float by a decision of its own


def module_paths(node: Node) -> tuple[str, ...]:
    """Paths of the modules whose ``forward`` an operator lies in, as in ``named_modules``, outermost first; the model itself is
    left out. ``torch.export`` numbers repeated calls of one module (``block@1``): the number is dropped."""
    stack = node.meta.get("nn_module_stack") or {}
    return tuple(re.sub(r"@\d+", "", path) for path, _ in stack.values() if path)


def layer_names(node: Node) -> tuple[str, ...]:
    """The names by which an operator can be kept float, outermost first: the paths of the modules around it and, where it is not
    the weighted operator of the innermost one, that path with the operator's name, such as ``network.block/add``."""
    paths = module_paths(node)
    if node.target in WEIGHTED and paths:
        return paths
    return (*paths, f"{paths[-1] if paths else ''}/{operator_name(node)}")


def operator_name(node: Node) -> str:
    """The name of an ATen operator without its overload, such as ``conv2d``."""
    assert isinstance(node.target, torch._ops.OpOverload)
    return node.target.__name__.split(".")[0]


def is_depthwise(node: Node) -> bool:
    """Whether an operator is a convolution of every channel by itself."""
    if node.target is not aten.conv2d.default:
        return False
    groups, channels = node.args[6] if len(node.args) > 6 else 1, int(node.meta["val"].shape[1])
    return isinstance(groups, int) and 1 < groups == channels


def strides(node: Node) -> tuple[int, ...]:
    """The strides of a convolution."""
    found = node.args[3] if len(node.args) > 3 else (1, 1)
    assert isinstance(found, list | tuple)
    return tuple(int(stride) for stride in found if isinstance(stride, int))


def taps(node: Node) -> int:
    """The positions of a convolution's window."""
    weight = node.args[1]
    assert isinstance(weight, Node)
    return int(weight.meta["val"].shape[2:].numel())


def multiply_adds(node: Node) -> int:
    """Multiply-adds of one operator of a graph with example values: convolutions, linear layers and batched matrix products; 0 for
    all others."""
    value = node.meta.get("val")
    if not isinstance(value, Tensor) or not isinstance(node.target, torch._ops.OpOverload):
        return 0
    if node.target in WEIGHTED:
        return value.numel() * _weight_size(node)
    if node.target is aten.bmm.default:
        left = node.args[0]
        assert isinstance(left, Node)
        return value.numel() * int(left.meta["val"].shape[-1])
    return 0


def _weight_size(node: Node) -> int:
    """Number of weights of one output channel."""
    weight = node.args[1]
    while isinstance(weight, Node) and "val" not in weight.meta:
        weight = weight.args[0]
    assert isinstance(weight, Node)
    return int(weight.meta["val"].shape[1:].numel())
