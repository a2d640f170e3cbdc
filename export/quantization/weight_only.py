"""Weight-only and dynamic int8, for networks whose activations do not fit static ranges.

Weight-only keeps activations float; dynamic int8 computes their ranges anew for every image. Neither needs calibration images, and
neither is faster than float.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e.observer import PlaceholderObserver
from torchao.quantization.pt2e.quantizer import QuantizationAnnotation, QuantizationSpec
from torchao.quantization.pt2e.quantizer.quantizer import Q_ANNOTATION_KEY, QuantizationSpecBase

from mobileseg.export.quantization.mixed import MixedQuantizer
from mobileseg.export.quantization.operators import WEIGHTED
from mobileseg.export.quantization.quantizer import WEIGHT, Int8Quantizer
from mobileseg.export.targets import INT8, INT8_DYNAMIC, INT8_FLOAT16, INT8_WEIGHTS

# uint8 between the smallest and the largest value, 0 included: as ONNX's DynamicQuantizeLinear computes it.
DYNAMIC = QuantizationSpec(
    dtype=torch.uint8,
    quant_min=0,
    quant_max=255,
    qscheme=torch.per_tensor_affine,
    is_dynamic=True,
    observer_or_fake_quant_ctr=PlaceholderObserver,
)


class WeightQuantizer(Int8Quantizer):
    """Weight-only int8: per output channel in every convolution and linear layer; activations stay float."""

    activations: QuantizationSpecBase | None = None

    def annotate(self, model: GraphModule) -> GraphModule:
        """Annotate the weights, in place; see ``Int8Quantizer.annotate``."""
        self._left.clear()
        for node in model.graph.nodes:
            weight = node.args[1] if node.target in WEIGHTED else None
            if isinstance(weight, Node):
                inputs: dict[Node, QuantizationSpecBase] = {weight: WEIGHT}
                if self.activations is not None and isinstance(node.args[0], Node):
                    inputs[node.args[0]] = self.activations
                node.meta[Q_ANNOTATION_KEY] = QuantizationAnnotation(inputs, None, _annotated=True)
        return model


class DynamicQuantizer(WeightQuantizer):
    """Dynamic int8: weights as in ``WeightQuantizer``, and the inputs of these layers per tensor, by their range in each image."""

    activations = DYNAMIC


QUANTIZERS: Mapping[str, type[Int8Quantizer]] = {
    INT8: Int8Quantizer,
    INT8_FLOAT16: MixedQuantizer,
    INT8_WEIGHTS: WeightQuantizer,
    INT8_DYNAMIC: DynamicQuantizer,
}
