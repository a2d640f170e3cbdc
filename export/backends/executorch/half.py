"""What XNNPACK's delegate can do in float16, and ExecuTorch's lowering to it does not write: conversions between float32 and float16
inside the delegate, and the weights of convolutions in float16.

ExecuTorch leaves a change of data type to its portable kernels, which ends a delegate and begins another; XNNPACK has one for it. An
operator of our own stands for it in the graph: ``to`` also stands for a change of layout, and passes take one for the other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

aten = torch.ops.aten


@torch.library.custom_op("mobileseg::as_half", mutates_args=())
def as_half(x: Tensor) -> Tensor:
    """``x`` rounded to float16."""
    return x.to(torch.float16, copy=True)


@torch.library.custom_op("mobileseg::as_float", mutates_args=())
def as_float(x: Tensor) -> Tensor:
    """``x`` in float32."""
    return x.to(torch.float32, copy=True)


@as_half.register_fake
def _half(x: Tensor) -> Tensor:
    return torch.empty_like(x, dtype=torch.float16)


@as_float.register_fake
def _float(x: Tensor) -> Tensor:
    return torch.empty_like(x, dtype=torch.float32)


CONVERSIONS = {
    torch.float16: torch.ops.mobileseg.as_half.default,
    torch.float32: torch.ops.mobileseg.as_float.default,
}


def name_conversions(graph: GraphModule) -> bool:
    """Replace changes of data type between float32 and float16 by our operators, in place. Returns whether there were any."""
    found = [node for node in graph.graph.find_nodes(op="call_function", target=aten.to.dtype) if _converts(node)]
    for node in found:
        with graph.graph.inserting_before(node):
            new = graph.graph.call_function(CONVERSIONS[node.args[1]], (node.args[0],))
        new.meta = dict(node.meta)
        node.replace_all_uses_with(new)
        graph.graph.erase_node(node)
    graph.recompile()
    return bool(found)


def _converts(node: Node) -> bool:
    source, dtype = node.args[:2]
    assert isinstance(source, Node)
    return dtype in CONVERSIONS and source.meta["val"].dtype in CONVERSIONS


def configs() -> list[Any]:
    """The partitioner's own rules and one for each of our operators."""
    from executorch.backends.xnnpack.partition.config import ALL_PARTITIONER_CONFIGS
    from executorch.backends.xnnpack.partition.config.generic_node_configs import GenericNodePartitionerConfig
    from executorch.backends.xnnpack.partition.config.xnnpack_config import ConfigPrecisionType

    def rule(name: str) -> type[Any]:
        class Conversion(GenericNodePartitionerConfig):  # type: ignore[misc]  # executorch ships no types
            target_name = name

            def supported_precision_types(self) -> list[Any]:
                return [ConfigPrecisionType.FP32, ConfigPrecisionType.STATIC_QUANT]

        return Conversion

    return [*ALL_PARTITIONER_CONFIGS, rule("as_half.default"), rule("as_float.default")]


@contextlib.contextmanager
def written_in_half() -> Iterator[None]:
    """Write our operators as XNNPACK's conversion, and weights of float16 convolutions as they are, in this block. Not for several
    threads: the table of what writes an operator is ExecuTorch's own."""
    from executorch.backends.xnnpack.operators import node_visitor

    table = node_visitor._node_visitor_dict
    before = dict(table)
    for visitor in (*_conversion_visitors(), _convolution_visitor(before)):
        table[visitor.target] = visitor
    try:
        yield
    finally:
        table.clear()
        table.update(before)


def _conversion_visitors() -> list[Any]:
    from executorch.backends.xnnpack.operators.node_visitor import NodeVisitor
    from executorch.backends.xnnpack.serialization.xnnpack_graph_schema import XNNConvert, XNode

    class Conversion(NodeVisitor):  # type: ignore[misc]  # executorch ships no types
        def define_node(self, node: Node, xnn_graph: Any, vals_to_ids: dict[Node, int], debug_handle: int) -> None:
            (source,) = node.all_input_nodes
            for part in (source, node):
                self.define_tensor(part, xnn_graph, vals_to_ids)
            made = XNNConvert(input_id=vals_to_ids[source], output_id=vals_to_ids[node], flags=0)
            xnn_graph.xnodes.append(XNode(xnode_union=made, debug_handle=debug_handle))

    return [type(name, (Conversion,), {"target": f"mobileseg.{name}.default"}) for name in ("as_half", "as_float")]


def _convolution_visitor(table: dict[str, Any]) -> Any:
    base = table["aten.convolution.default"]

    def define_tensor(self: Any, tensor: Node, *args: Any, **kwargs: Any) -> None:
        if tensor.meta["val"].dtype == torch.float16:
            kwargs["force_fp32"] = False
        base.define_tensor(self, tensor, *args, **kwargs)

    return type("Convolution", (base,), {"define_tensor": define_tensor})
