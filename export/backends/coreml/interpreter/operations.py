"""The table of operations of an ML Program (iOS 15 to 18).

Parameters are named as in coremltools' reference of MIL operations, the source of every formula and default here. Arguments are
tensors, strings and tuples of tensors. An operation that is not in the table, or a use that the reference leaves open, raises
``UnknownOperationError``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F

from mobileseg.export.backends.coreml.interpreter import (
    activation,
    convolution,
    elementwise,
    linear,
    normalization,
    palettes,
    pooling,
    quantization,
    reduction,
    resize,
    shapes,
    slices,
)
from mobileseg.export.backends.coreml.interpreter.elementwise import binary, unary

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    # elementwise, two tensors
    "add": binary(torch.add),
    "sub": binary(torch.sub),
    "mul": binary(torch.mul),
    "real_div": binary(torch.div),
    "floor_div": elementwise.floor_div,
    "mod": binary(torch.remainder),
    "pow": binary(torch.pow),
    "maximum": binary(torch.maximum),
    "minimum": binary(torch.minimum),
    "equal": binary(torch.eq),
    "not_equal": binary(torch.ne),
    "greater": binary(torch.gt),
    "greater_equal": binary(torch.ge),
    "less": binary(torch.lt),
    "less_equal": binary(torch.le),
    "logical_and": binary(torch.logical_and),
    "logical_or": binary(torch.logical_or),
    "select": elementwise.select,
    # elementwise, one tensor
    "abs": unary(torch.abs),
    "atan": unary(torch.atan),
    "ceil": unary(torch.ceil),
    "cos": unary(torch.cos),
    "erf": unary(torch.erf),
    "exp": unary(torch.exp),
    "floor": unary(torch.floor),
    "logical_not": unary(torch.logical_not),
    "sign": unary(torch.sign),
    "sin": unary(torch.sin),
    "sqrt": unary(torch.sqrt),
    "square": unary(torch.square),
    "tanh": unary(torch.tanh),
    "cast": elementwise.cast,
    "clip": elementwise.clip,
    "inverse": elementwise.inverse,
    "log": elementwise.log,
    "rsqrt": elementwise.rsqrt,
    # activation
    "relu": unary(torch.relu),
    "relu6": activation.relu6,
    "sigmoid": unary(torch.sigmoid),
    "silu": unary(F.silu),
    "softplus": unary(F.softplus),
    "gelu": activation.gelu,
    "leaky_relu": activation.leaky_relu,
    "clamped_relu": activation.clamped_relu,
    "thresholded_relu": activation.thresholded_relu,
    "threshold": activation.threshold,
    "elu": activation.elu,
    "prelu": activation.prelu,
    "softsign": unary(F.softsign),
    "scaled_tanh": activation.scaled_tanh,
    "sigmoid_hard": activation.sigmoid_hard,
    "linear_activation": activation.linear_activation,
    "softmax": activation.softmax,
    # products, windows, moments
    "linear": linear.linear,
    "matmul": linear.matmul,
    "conv": convolution.conv,
    "conv_transpose": convolution.conv_transpose,
    "avg_pool": pooling.avg_pool,
    "max_pool": pooling.max_pool,
    "batch_norm": normalization.batch_norm,
    "instance_norm": normalization.instance_norm,
    "layer_norm": normalization.layer_norm,
    "l2_norm": normalization.l2_norm,
    "reduce_sum": reduction.reduce_sum,
    "reduce_mean": reduction.reduce_mean,
    "reduce_max": reduction.reduce_max,
    "reduce_min": reduction.reduce_min,
    "reduce_sum_square": reduction.reduce_sum_square,
    "reduce_log_sum_exp": reduction.reduce_log_sum_exp,
    "reduce_l2_norm": reduction.reduce_l2_norm,
    "reduce_argmax": reduction.reduce_argmax,
    "reduce_argmin": reduction.reduce_argmin,
    # shapes
    "identity": shapes.identity,
    "reshape": shapes.reshape,
    "transpose": shapes.transpose,
    "expand_dims": shapes.expand_dims,
    "squeeze": shapes.squeeze,
    "concat": shapes.concat,
    "stack": shapes.stack,
    "split": shapes.split,
    "tile": shapes.tile,
    "pixel_shuffle": shapes.pixel_shuffle,
    "slice_by_index": slices.slice_by_index,
    "slice_by_size": slices.slice_by_size,
    "pad": slices.pad,
    "resize": resize.resize,
    "resize_bilinear": resize.resize_bilinear,
    "upsample_bilinear": resize.upsample_bilinear,
    "upsample_nearest_neighbor": resize.upsample_nearest_neighbor,
    # quantized numbers
    "quantize": quantization.quantize,
    "dequantize": quantization.dequantize,
    "constexpr_affine_dequantize": quantization.constexpr_affine_dequantize,
    "constexpr_blockwise_shift_scale": quantization.constexpr_blockwise_shift_scale,
    "constexpr_cast": quantization.constexpr_cast,
    "constexpr_lut_to_dense": palettes.constexpr_lut_to_dense,
}
