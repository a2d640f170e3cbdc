"""Formulas of rewrites against the layers that they replace."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mobileseg.models.blocks.algebra import (
    batchnorm_scale,
    batchnorm_shift,
    pooling_matrix,
    scaled_bias,
    scaled_weight,
)


@settings(deadline=None)
@given(length=st.integers(1, 20), count=st.sampled_from([1, 2, 3, 6]))
def test_a_pooling_matrix_is_adaptive_average_pooling(length: int, count: int) -> None:
    x = torch.randn(1, 4, length, dtype=torch.float64)
    torch.testing.assert_close(x @ pooling_matrix(length, count).T, F.adaptive_avg_pool1d(x, count))


def batchnorm(channels: int, affine: bool) -> nn.BatchNorm2d:
    """Without small variances, in float64."""
    bn = nn.BatchNorm2d(channels, affine=affine).double().eval()
    for tensor in (bn.running_mean, bn.running_var, bn.weight, bn.bias):
        if tensor is not None:
            tensor.data.uniform_(0.5, 1.5)
    return bn


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_batchnorm_folds_into_the_layer_before_it(affine: bool, bias: bool, axis: int) -> None:
    bn = batchnorm(5, affine)
    assert bn.running_mean is not None and bn.running_var is not None
    layer = (nn.Conv2d, nn.ConvTranspose2d)[axis](3, 5, 3, bias=bias, dtype=torch.float64)
    x = torch.randn(2, 3, 7, 6, dtype=torch.float64)
    with torch.no_grad():
        wanted = bn(layer(x))
        scale = batchnorm_scale(bn.running_var, bn.weight, eps=bn.eps)
        shift = batchnorm_shift(bn.running_mean, scale, bn.bias)
        offset = scaled_bias(scale, shift, layer.bias)
        layer.weight.data = scaled_weight(layer.weight, scale, axis)
        layer.bias = nn.Parameter(offset)
        torch.testing.assert_close(layer(x), wanted)
