"""The other way to have int8 on the same graph: weights alone, for networks whose activations static ranges do not fit.

No range is fixed beforehand but those of the weights, so it needs no calibration images; and it is no faster than float.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch.fx import GraphModule, Node
from torchao.quantization.pt2e.quantizer import QuantizationAnnotation
from torchao.quantization.pt2e.quantizer.quantizer import Q_ANNOTATION_KEY

from mobileseg.export.operators import WEIGHTED
from mobileseg.export.quantizer import WEIGHT, Int8Quantizer
from mobileseg.export.targets import INT8, INT8_WEIGHTS


class WeightQuantizer(Int8Quantizer):
    """Weights int8 per output channel in every convolution and linear layer; activations stay what they are."""

    def annotate(self, model: GraphModule) -> GraphModule:
        """See ``Int8Quantizer``."""
        self._left.clear()
        for node in model.graph.nodes:
            weight = node.args[1] if node.target in WEIGHTED else None
            if isinstance(weight, Node):
                node.meta[Q_ANNOTATION_KEY] = QuantizationAnnotation({weight: WEIGHT}, None, _annotated=True)
        return model


QUANTIZERS: Mapping[str, type[Int8Quantizer]] = {
    INT8: Int8Quantizer,
    INT8_WEIGHTS: WeightQuantizer,
}
