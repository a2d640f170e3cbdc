"""A graph rewrite: operators that take a dequantized tensor in different layouts dequantize it each for themselves.

Where XNNPACK's preprocessing transposes a dequantized tensor for one operator, it replaces it for all of them (``insert_copy_q_dq`` in its
``ChannelsLastTaggedReshapePass``, 1.5.1). A pool then gets for channels what is rows, and the file does not run. Such tensors come from an
operator that stays float beside one in int8. The second dequantization is no work: the delegate computes with the int8 tensor.
"""

from __future__ import annotations

import torch
from torch.fx import GraphModule, Node

from mobileseg.export.quantization.fake_quant import DEQUANTIZE

aten = torch.ops.aten
CHANNELS_LAST = {
    aten.conv2d.default, aten.conv_transpose2d.input, aten.avg_pool2d.default, aten.max_pool2d.default,
    aten.upsample_bilinear2d.vec, aten.mean.dim, aten.amax.default, aten.prelu.default,
}  # fmt: skip
CONTIGUOUS = {
    aten.linear.default, aten.view.default, aten.reshape.default, aten.flatten.using_ints, aten.squeeze.dim, aten.unsqueeze.default,
}  # fmt: skip


def dequantize_by_layout(graph: GraphModule) -> bool:
    """Give the operators of each layout their own dequantization, in place. Returns whether any was shared by two layouts."""
    found = False
    for node in [node for node in graph.graph.nodes if node.target in DEQUANTIZE]:
        kinds: dict[str, list[Node]] = {}
        for user in node.users:
            kinds.setdefault(_layout(user), []).append(user)
        if "contiguous" not in kinds or len(kinds) == 1:
            continue
        found = True
        for users in list(kinds.values())[1:]:
            with graph.graph.inserting_after(node):
                own = graph.graph.node_copy(node)
            for user in users:
                user.replace_input_with(node, own)
    if found:
        graph.graph.lint()
        graph.recompile()
    return found


def _layout(user: Node) -> str:
    if user.target in CHANNELS_LAST:
        return "channels last"
    return "contiguous" if user.target in CONTIGUOUS else "any"
