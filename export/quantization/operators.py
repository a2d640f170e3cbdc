"""What the operators of an exported graph are, what they are called, and what they cost."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.fx import Node

aten = torch.ops.aten

WEIGHTED = {aten.conv2d.default, aten.linear.default}
BINARY = {aten.add.Tensor, aten.mul.Tensor}
TABLES = {aten.gelu.default}  # of one input: 256 values, which XNNPACK looks up
CLAMPS = {aten.relu.default, aten.relu6.default, aten.hardtanh.default, aten.clamp.default}
# These move numbers and do not change them: input and output share their scale.
LAYOUT = {
    aten.slice.Tensor,
    aten.permute.default,
    aten.reshape.default,
    aten.view.default,
    aten.flatten.using_ints,
    aten.mean.dim,
    aten.max_pool2d.default,
}
RULED = WEIGHTED | BINARY | TABLES | {aten.cat.default}  # each becomes int8 or stays float on its own account


def layer_names(node: Node) -> tuple[str, ...]:
    """What an operator answers to, the outermost first: the paths of the modules around it (as in ``named_modules``) and, where
    it is not the module's weighted operator itself, the innermost path with the operator's name, such as ``network.block/add``."""
    paths = tuple(path for path, _ in (node.meta.get("nn_module_stack") or {}).values() if path)
    if node.target in WEIGHTED and paths:
        return paths
    return (*paths, f"{paths[-1] if paths else ''}/{operator_name(node)}")


def operator_name(node: Node) -> str:
    """The name of an ATen operator without its overload."""
    assert isinstance(node.target, torch._ops.OpOverload)
    return node.target.__name__.split(".")[0]


def multiply_adds(node: Node) -> int:
    """Of one operator of a graph with example values: convolutions, linear layers and batched products; 0 for all others."""
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
    """Weights of one output channel."""
    weight = node.args[1]
    while isinstance(weight, Node) and "val" not in weight.meta:
        weight = weight.args[0]
    assert isinstance(weight, Node)
    return int(weight.meta["val"].shape[1:].numel())
