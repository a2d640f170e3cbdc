"""int8 with float16: what is left to float16 is what int8 has no kernels for, and what float16 computes in fewer instructions.

A depthwise convolution multiplies every number by a few weights: dot products of int8 do not help there, and its requantization costs as
much as the products. Counted on an emulated Cortex-A76 (XNNPACK of executorch 1.5.1), instructions for each number that comes out, with
64 channels; float16 with the conversions from int8 and back:

| window, stride | int8 | float16 |
|---|---|---|
| 3x3, 1 | 7.4 | 6.0 |
| 5x5, 1 | 17.7 | 14.5 |
| 3x3, 2 | 7.4 | 7.8 |
| 5x5, 2 | 17.8 | 16.5 |
"""

from __future__ import annotations

from torch.fx import Node

from mobileseg.export.quantization.operators import is_depthwise, strides, taps
from mobileseg.export.quantization.quantizer import Int8Quantizer

DEPTHWISE = "a depthwise convolution of stride 1, or with more than 9 taps, takes fewer instructions in float16, conversions included"
TAPS = 9


class MixedQuantizer(Int8Quantizer):
    """``Int8Quantizer`` that also leaves out what float16 does better."""

    def float_reason(self, node: Node) -> str | None:
        """See ``Int8Quantizer.float_reason``."""
        reason = super().float_reason(node)
        if reason is None and is_depthwise(node) and (set(strides(node)) == {1} or taps(node) > TAPS):
            return DEPTHWISE
        return reason
