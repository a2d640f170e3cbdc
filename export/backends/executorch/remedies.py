"""What would bring an operator that the delegate does not take inside. Rows are data: the operator's name without namespace and overload,
and a sentence for the author of the network."""

from __future__ import annotations

from collections.abc import Mapping

_ON_THE_HOST = "leave it out of the network, and compute it from the output"
_WHOLE_FACTOR = "resize by a whole factor, or with mode='bilinear'"
_TWO_DIMENSIONS = "reshape to images (1, C, H, W) and use the two-dimensional operator"
_BY_SLICES = "the same with slices and torch.cat, whose positions are fixed"
_MASK = "multiply by a mask of 0 and 1, and add"

REMEDIES: Mapping[str, str] = {
    "_adaptive_avg_pool2d": "pool to 1x1, or to a size that divides the input's",
    "_log_softmax": f"the classes are the same without it: {_ON_THE_HOST}",
    "_native_batch_norm_legit_no_training": "put it right behind a convolution, which it is folded into",
    "_to_copy": "keep one data type, float32, from input to output",
    "_to_dim_order_copy": "keep one data type, float32, from input to output",
    "_upsample_bilinear2d_aa": "resize without antialias=True",
    "argmax": f"{_ON_THE_HOST}: --emit logits",
    "avg_pool1d": _TWO_DIMENSIONS,
    "convolution": "a 2-D convolution without output padding; transposed ones without groups in int8",
    "cumsum": "a product with a constant triangular matrix, as nn.Linear",
    "div": "multiply by the reciprocal where the divisor is constant",
    "einsum": "torch.bmm of three axes",
    "embedding": "a constant tensor, registered as buffer",
    "expand_copy": "add or multiply directly: both repeat a side of 1 by themselves",
    "gather": _BY_SLICES,
    "gelu": "nn.GELU(approximate='tanh'), or hardswish after training with it",
    "grid_sampler_2d": "F.interpolate where the grid is regular",
    "index": _BY_SLICES,
    "index_select": _BY_SLICES,
    "masked_fill": _MASK,
    "max": "F.max_pool2d for a maximum over rows and columns; torch.amax is not taken either",
    "max_pool2d_with_indices": "F.max_pool2d without return_indices",
    "native_group_norm": "BatchNorm2d, which costs nothing in a file; the rewrite 'norms' takes GroupNorm where it holds on this network",
    "native_layer_norm": "BatchNorm2d, which costs nothing in a file; the rewrite 'norms' takes LayerNorm where it holds on this network",
    "pow": "x * x in place of x ** 2, torch.sqrt in place of x ** 0.5",
    "prod": _ON_THE_HOST,
    "reflection_pad2d": "padding_mode='zeros'",
    "repeat": "torch.cat of the same tensor",
    "replication_pad2d": "padding_mode='zeros'",
    "roll": _BY_SLICES,
    "scatter": _BY_SLICES,
    "sort": _ON_THE_HOST,
    "split_with_sizes_copy": _BY_SLICES,
    "sum": "torch.mean, and the number as a factor in the next layer",
    "topk": _ON_THE_HOST,
    "unfold": "a convolution with a constant kernel of 0 and 1",
    "upsample_bicubic2d": _WHOLE_FACTOR,
    "upsample_nearest2d": _WHOLE_FACTOR,
    "var": "mean of (x - mean) * (x - mean)",
    "where": _MASK,
}


def remedy(operator: str) -> str | None:
    """For a name as ``aten.cumsum.default``; None where nothing is known."""
    return REMEDIES.get(base_name(operator))


def base_name(operator: str) -> str:
    """Without namespace, overload and the underscore of in-place forms: ``aten.sum.dim_IntList`` and ``sum.out`` -> ``sum``."""
    parts = operator.split(".")
    return parts[1] if len(parts) > 2 else parts[0]
