"""XNNPACK's passes look for patterns only where one can be."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from torch.fx import GraphModule

MASKS = "aten.logical_not.default"
"""An operator of attention with a mask, as XNNPACK's pass looks for it, and of nothing else that it looks for."""


@contextlib.contextmanager
def match_what_is_there() -> Iterator[None]:
    """XNNPACK traces attention and bilinear resizes in eight programs to find their like. Resizes were kept whole, and are left as they
    are where they are found; attention without its mask cannot be among them."""
    from executorch.backends.xnnpack._passes.convert_to_sdpa import ConvertToSDPAPass
    from executorch.backends.xnnpack._passes.convert_to_upsample_bilinear2d import ConvertToUpsampleBilinear2d
    from executorch.exir.pass_base import ExportPass
    from torch.fx.passes.infra.pass_base import PassResult

    attention, resizes = ConvertToSDPAPass.call, ConvertToUpsampleBilinear2d.call

    def find_attention(self: Any, module: GraphModule) -> Any:
        if any(MASKS in str(node.target) for node in module.graph.nodes):
            return attention(self, module)
        return PassResult(ExportPass.call(self, module).graph_module, True)

    def find_resizes(self: Any, module: GraphModule) -> Any:
        return PassResult(ExportPass.call(self, module).graph_module, True)

    ConvertToSDPAPass.call, ConvertToUpsampleBilinear2d.call = find_attention, find_resizes
    try:
        yield
    finally:
        ConvertToSDPAPass.call, ConvertToUpsampleBilinear2d.call = attention, resizes
