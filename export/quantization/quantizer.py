"""Which operators become int8 and which stay float, and why: decided here, once, for every target.

The scheme is the one that mobile runtimes have kernels for: activations int8 per tensor affine, weights int8 per output channel
symmetric, biases float (the runtimes derive int32 from the two scales). A clamp or ReLU that follows a convolution, an addition or
a product is fused with it, so that the observed range is the clamped one: observed before a ReLU6, most of the 256 steps would be
spent on values that the clamp discards.

An operator stays float for one of three reasons, checked in this order: a module around it carries ``keep_float``
(``mobileseg.models.blocks.keep_float``), no target has an int8 kernel for it (``FLOAT_REASONS``), or the user asked for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

import torch
from torch import nn
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
    module_paths,
    multiply_adds,
    operator_name,
)
from mobileseg.export.quantization.recipes import DEFAULT, RECIPES, Recipe
from mobileseg.models.blocks.keep_float import float_reasons
from mobileseg.registry import load

aten = torch.ops.aten

# The smallest scales. XNNPACK requires input scale * weight scale / output scale >= 2**-32. The weights of a first convolution on
# pixels in 0..255 are about a hundred times smaller than others: the usual 2**-12 is too coarse for them.
ACTIVATION_EPS = 2.0**-12
WEIGHT_EPS = 2.0**-18


def activation_spec(observer: Any, symmetric: bool = False) -> QuantizationSpec:
    """The quantization of activations: int8 per tensor, affine or ``symmetric``, with ranges from the class ``observer``."""
    return QuantizationSpec(
        dtype=torch.int8,
        quant_min=-128,
        quant_max=127,
        qscheme=torch.per_tensor_symmetric if symmetric else torch.per_tensor_affine,
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

_TABLE = "float only in the XNNPACK partitioner, which has no table of 256 values for it"
FLOAT_REASONS = {
    aten.sigmoid.default: f"sigmoid is {_TABLE}",
    aten.tanh.default: f"tanh is {_TABLE}",
    aten.hardswish.default: f"hard-swish is {_TABLE}",
    aten.leaky_relu.default: f"leaky ReLU is {_TABLE}",
    aten.prelu.default: f"PReLU is {_TABLE}",
    aten.conv_transpose2d.input: "a transposed convolution: the scheme has its weights per output channel, ExecuTorch per input channel",
    aten.bmm.default: "XNNPACK's batched product of two activations is float only",
    aten.softmax.int: "softmax has no int8 kernel in XNNPACK",
    aten.avg_pool2d.default: "average pooling is float only in the XNNPACK partitioner; it feeds the float attention anyway",
    aten.upsample_bilinear2d.vec: "bilinear resizing is float only in the XNNPACK partitioner",
    aten.sub.Tensor: "the input's mean is subtracted before the first rounding: three channels, and no precision is lost",
}
REQUESTED = "kept float on request"


def float_parts(left: Mapping[tuple[str, str], Sequence[int]], total: int) -> tuple[FloatPart, ...]:
    """For the manifest: ``left``, the multiply-adds of each operator that stayed float, by its name and the reason; ``total``: of the
    whole graph."""
    return tuple(
        FloatPart(operator=operator, count=len(costs), reason=reason, multiply_adds=sum(costs) / max(total, 1))
        for (operator, reason), costs in sorted(left.items())
    )


def _is_float(node: object) -> TypeGuard[Node]:
    return (
        isinstance(node, Node)
        and isinstance(node.meta.get("val"), torch.Tensor)
        and node.meta["val"].is_floating_point()
    )


class Int8Quantizer(Quantizer):  # type: ignore[misc]  # torchao ships no types
    """Annotates the exported float graph of ``model`` for ``prepare_pt2e``; ``kept_float`` then lists what stays float.

    ``model``: the module that is exported; the reasons on its modules (``keep_float``) are found through the paths in the graph's
    ``nn_module_stack``. ``keep_float``: whether one of an operator's ``layer_names`` was asked to stay float. ``recipe``: the
    calibration recipe, whose observer sets the activation ranges. Raises ``RequestError`` where a module's reason is not text.
    """

    def __init__(
        self,
        model: nn.Module,
        keep_float: Callable[[str], bool] | None = None,
        recipe: Recipe = RECIPES[DEFAULT],
    ) -> None:
        super().__init__()
        self.module_reasons = float_reasons(model)
        self.module_paths = {path for path, _ in model.named_modules(remove_duplicate=False)}
        self.activation = activation_spec(load(recipe.observer), recipe.symmetric)
        self.keep_float = keep_float or (lambda path: False)
        self._left: defaultdict[tuple[str, str], list[int]] = defaultdict(list)  # multiply-adds by operator and reason
        self._total = 0

    @property
    def kept_float(self) -> tuple[FloatPart, ...]:
        """The operators that ``annotate`` left float, counted by operator and reason, for the manifest."""
        return float_parts(self._left, self._total)

    def annotate(self, model: GraphModule) -> GraphModule:
        """Annotate every operator that becomes int8, in place; torchao's ``prepare_pt2e`` calls this. Returns ``model``. Raises
        ``ValueError`` for the graph of another model."""
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
        """Part of torchao's interface; ``annotate`` leaves nothing to check."""

    def float_reason(self, node: Node) -> str | None:
        """Why an operator stays float; None for one that becomes int8, and for layout operators, which follow their input."""
        if node.target not in RULED and node.target not in FLOAT_REASONS:
            return None
        reason = self._module_reason(node)
        if reason is not None:
            return reason
        if node.target in FLOAT_REASONS:
            return FLOAT_REASONS[node.target]
        if any(self.keep_float(name) for name in layer_names(node)):
            return REQUESTED
        return None

    def _module_reason(self, node: Node) -> str | None:
        """The reason of the outermost module around an operator that has one. A path that the model lacks would make a float
        module int8 without notice: it means that the graph is another model's."""
        paths = module_paths(node)
        unknown = [path for path in paths if path not in self.module_paths]
        if unknown:
            raise ValueError(
                f"expected the graph of the quantizer's model; found the module {unknown[0]!r}, which it lacks"
            )
        return next((self.module_reasons[path] for path in ("", *paths) if path in self.module_reasons), None)

    @staticmethod
    def _is_padded(node: Node) -> bool:
        """Whether the output is padded: XNNPACK pads an int8 tensor in int8, and such a file does not load."""
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
            return  # the source is float, so this stays float
        shared = SharedQuantizationSpec(source)
        node.meta[Q_ANNOTATION_KEY] = QuantizationAnnotation({source: shared}, shared, _annotated=True)
