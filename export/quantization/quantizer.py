"""Which operators become int8 and which stay float, and why: decided here, once, for every target.

The scheme is the one that the mobile runtimes have kernels for: activations int8 per tensor affine, weights int8 per output
channel symmetric, biases float here (the runtimes derive int32 from the two scales). A clamp or ReLU that follows a
convolution, an addition or a product is fused with it, so that the range that is observed is the clamped one: with ReLU6
observed before the clamp most of the 256 steps are spent on values that are then thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeGuard

import torch
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e.observer import PerChannelMinMaxObserver
from torchao.quantization.pt2e.quantizer import (
    QuantizationAnnotation,
    QuantizationSpec,
    Quantizer,
    SharedQuantizationSpec,
)
from torchao.quantization.pt2e.quantizer.quantizer import Q_ANNOTATION_KEY, QuantizationSpecBase

from mobileseg.export.manifest import FloatPart
from mobileseg.export.quantization.operators import (
    BINARY,
    CLAMPS,
    LAYOUT,
    RULED,
    TABLES,
    WEIGHTED,
    layer_names,
    multiply_adds,
    operator_name,
)
from mobileseg.export.quantization.recipes import DEFAULT, RECIPES, Recipe
from mobileseg.registry import load

aten = torch.ops.aten

# The smallest steps. XNNPACK wants input step times weight step over output step to be at least 2**-32. A first convolution that
# takes pixels in 0..255 has weights some hundred times smaller than others: with 2**-12, which is usual, its steps are too coarse.
ACTIVATION_EPS = 2.0**-12
WEIGHT_EPS = 2.0**-18


def activation_spec(observer: Any) -> QuantizationSpec:
    """How activations are rounded, with ranges from an observer's class."""
    return QuantizationSpec(
        dtype=torch.int8,
        quant_min=-128,
        quant_max=127,
        qscheme=torch.per_tensor_affine,
        observer_or_fake_quant_ctr=observer.with_args(eps=ACTIVATION_EPS),
    )


WEIGHT = QuantizationSpec(
    dtype=torch.int8,
    quant_min=-127,
    quant_max=127,
    qscheme=torch.per_channel_symmetric,
    ch_axis=0,
    observer_or_fake_quant_ctr=PerChannelMinMaxObserver.with_args(eps=WEIGHT_EPS),
)

FLOAT_REASONS = {
    aten.bmm.default: "XNNPACK's batched product of two activations is float only",
    aten.softmax.int: "softmax has no int8 kernel in XNNPACK",
    aten.avg_pool2d.default: "average pooling is float only in the XNNPACK partitioner; it feeds the float attention anyway",
    aten.upsample_bilinear2d.vec: "bilinear resizing is float only in the XNNPACK partitioner",
    aten.sub.Tensor: "the input's mean is subtracted before the first rounding: three channels, and no precision is lost",
}
FLOAT_MODULES = {
    "TokenAttention": "attention over tokens is float: its products and softmax have no int8 kernel, and conversions around a "
    "few hundred numbers cost more than they save",
    "ChannelNorm": "LayerNorm is float: a step of its squares in int8 is more than the variance of most pixels",
    "AxialProducts": "axial attention is products of two activations and a softmax, which have no int8 kernel; what scales, cuts and "
    "adds between them is float with them",
    "WindowAttention": "attention in windows is float: its products and softmax have no int8 kernel",
    "AttentionStemDeploy": "attention between the pixels of a block is float: its products and softmax have no int8 kernel",
    "MaskHead": "the class map is the exact argmax of the dequantized logits",
}
REQUESTED = "kept float on request"


def _module_types(node: Node) -> Iterable[str]:
    for _, kind in (node.meta.get("nn_module_stack") or {}).values():
        yield kind.rsplit(".", 1)[-1] if isinstance(kind, str) else kind.__name__


def _is_float(node: object) -> TypeGuard[Node]:
    return (
        isinstance(node, Node)
        and isinstance(node.meta.get("val"), torch.Tensor)
        and node.meta["val"].is_floating_point()
    )


class Int8Quantizer(Quantizer):  # type: ignore[misc]  # torchao ships no types
    """Annotates an exported float graph for ``prepare_pt2e``; ``kept_float`` says afterwards what was left out.

    ``keep_float``: tells for one of an operator's ``layer_names`` whether it was asked to stay float. ``recipe``: whose observer sets
    the ranges of activations.
    """

    def __init__(self, keep_float: Callable[[str], bool] | None = None, recipe: Recipe = RECIPES[DEFAULT]) -> None:
        super().__init__()
        self.activation = activation_spec(load(recipe.observer))
        self.keep_float = keep_float or (lambda path: False)
        self._left: defaultdict[tuple[str, str], list[int]] = defaultdict(list)  # multiply-adds by operator and reason
        self._total = 0

    @property
    def kept_float(self) -> tuple[FloatPart, ...]:
        return tuple(
            FloatPart(
                operator=operator, count=len(costs), reason=reason, multiply_adds=sum(costs) / max(self._total, 1)
            )
            for (operator, reason), costs in sorted(self._left.items())
        )

    def annotate(self, model: GraphModule) -> GraphModule:
        self._left.clear()
        self._total = 0
        for node in model.graph.nodes:
            if node.op != "call_function":
                continue
            cost = multiply_adds(node)
            self._total += cost
            reason = self.float_reason(node)
            if reason is not None:
                self._left[operator_name(node), reason].append(cost)
            elif node.target in WEIGHTED | BINARY | TABLES:
                self._annotate_arithmetic(node)
            elif node.target is aten.cat.default:
                self._annotate_cat(node)
            elif (node.target in LAYOUT and not self._is_padded(node)) or node.target in CLAMPS:
                self._annotate_shared(node)
        return model

    def validate(self, model: GraphModule) -> None:
        """Every rule is applied as it is written; there is nothing left to check."""

    def float_reason(self, node: Node) -> str | None:
        """Why an operator stays float; None for one that becomes int8, and for those that only move numbers."""
        if node.target not in RULED and node.target not in FLOAT_REASONS:
            return None
        module = self._in_float_module(node)
        if module is not None:
            return FLOAT_MODULES[module]
        if node.target in FLOAT_REASONS:
            return FLOAT_REASONS[node.target]
        if any(self.keep_float(name) for name in layer_names(node)):
            return REQUESTED
        return None

    @staticmethod
    def _in_float_module(node: Node) -> str | None:
        return next((kind for kind in _module_types(node) if kind in FLOAT_MODULES), None)

    @staticmethod
    def _is_padded(node: Node) -> bool:
        """A file with padding in int8 does not load: XNNPACK makes it so wherever what is padded was int8."""
        return any(user.target is aten.pad.default for user in node.users)

    def _annotate_arithmetic(self, node: Node) -> None:
        inputs: dict[Node, QuantizationSpecBase] = {}
        for argument in node.args[:2]:
            if _is_float(argument):
                inputs[argument] = self.activation
        if node.target in WEIGHTED and isinstance(weight := node.args[1], Node):
            inputs[weight] = WEIGHT
        fused = self._fused_clamp(node)
        output = None if fused is not None else self.activation
        node.meta[Q_ANNOTATION_KEY] = QuantizationAnnotation(inputs, output, _annotated=True)
        if fused is not None:
            fused.meta[Q_ANNOTATION_KEY] = QuantizationAnnotation(output_qspec=self.activation, _annotated=True)

    @staticmethod
    def _fused_clamp(node: Node) -> Node | None:
        users = list(node.users)
        return users[0] if len(users) == 1 and users[0].target in CLAMPS else None

    def _annotate_cat(self, node: Node) -> None:
        first, *others = node.all_input_nodes
        shared = SharedQuantizationSpec((first, node))
        inputs: dict[Node, QuantizationSpecBase] = {first: self.activation}
        inputs.update(dict.fromkeys(others, shared))
        node.meta[Q_ANNOTATION_KEY] = QuantizationAnnotation(inputs, shared, _annotated=True)

    @staticmethod
    def _annotate_shared(node: Node) -> None:
        source = node.args[0]
        if Q_ANNOTATION_KEY in node.meta or not isinstance(source, Node):
            return
        annotation = source.meta.get(Q_ANNOTATION_KEY)
        if annotation is None or annotation.output_qspec is None:
            return  # the source is float, and so is this
        shared = SharedQuantizationSpec(source)
        node.meta[Q_ANNOTATION_KEY] = QuantizationAnnotation({source: shared}, shared, _annotated=True)
