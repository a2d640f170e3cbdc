"""Algebraic rewrites for deploy models: BatchNorm folded into the convolution before it, factors folded into weights.

Everything is computed in float64 and rounded once, so that the deploy model equals the reference model to float32 rounding.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

from mobileseg.models.blocks.algebra import batchnorm_scale, batchnorm_shift, scaled_bias, scaled_weight
from mobileseg.models.blocks.layers import ConvBN, ConvModule

Layer = TypeVar("Layer", bound=nn.Module)
# Masks an attention logit when added to it. Logits without 1 / sqrt(d) grow in training: to 22 000 in trained SASA models.
HIDDEN = -1e30


def batchnorm_affine(bn: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """``(scale, shift)``, float64 ``(C,)`` each, with ``bn(x) = scale * x + shift`` in evaluation mode."""
    assert bn.running_mean is not None and bn.running_var is not None
    scale = batchnorm_scale(bn.running_var, bn.weight, eps=bn.eps)
    return scale, batchnorm_shift(bn.running_mean, scale, bn.bias)


def make_conv(like: nn.Conv2d, weight: Tensor, bias: Tensor) -> nn.Conv2d:
    """A float32 convolution with the geometry of ``like`` and the given ``(out, in / groups, kh, kw)`` weight and ``(out,)`` bias."""
    conv = nn.Conv2d(
        weight.shape[1] * like.groups,
        weight.shape[0],
        (weight.shape[2], weight.shape[3]),
        (like.stride[0], like.stride[1]),
        (int(like.padding[0]), int(like.padding[1])),
        (like.dilation[0], like.dilation[1]),
        like.groups,
    )
    return set_constants(conv, weight=weight, bias=bias)


def copied(conv: nn.Conv2d) -> nn.Conv2d:
    """A copy of ``conv``, which must have a bias, without shared memory."""
    assert conv.bias is not None
    return make_conv(conv, conv.weight, conv.bias)


def without_bias(conv: nn.Conv2d) -> nn.Conv2d:
    """A copy of ``conv`` with a zero bias."""
    return make_conv(conv, conv.weight, torch.zeros(conv.out_channels))


def fold_batchnorm(conv: nn.Conv2d, bn: nn.BatchNorm2d, gain: float = 1.0, offset: float = 0.0) -> nn.Conv2d:
    """One convolution equal to ``gain * bn(conv(x)) + offset``: ``bn(Wx) = (s W) x + t``, and the rest is linear."""
    scale, shift = batchnorm_affine(bn)
    weight = scaled_weight(conv.weight, scale) * gain
    return make_conv(conv, weight, scaled_bias(scale, shift, conv.bias) * gain + offset)


def fold(module: ConvBN | ConvModule, gain: float = 1.0, offset: float = 0.0) -> nn.Conv2d:
    """``fold_batchnorm`` of a pair of convolution and BatchNorm in either naming; its activation is dropped."""
    conv = module.get_submodule("c" if isinstance(module, ConvBN) else "conv")
    bn = module.get_submodule("bn")
    assert isinstance(conv, nn.Conv2d) and isinstance(bn, nn.BatchNorm2d)
    return fold_batchnorm(conv, bn, gain, offset)


def concatenate(convs: list[nn.Conv2d]) -> nn.Conv2d:
    """One convolution whose output is the channel concatenation of the given ones, which have equal geometry, one group and a bias."""
    biases = [conv.bias for conv in convs if conv.bias is not None]
    return make_conv(convs[0], torch.cat([conv.weight for conv in convs]), torch.cat(biases))


def fold_tree(module: nn.Module) -> nn.Module:
    """Replace every ``ConvBN`` inside ``module`` by the folded convolution, in place; returns ``module``."""
    for name, child in module.named_children():
        if isinstance(child, ConvBN):
            setattr(module, name, fold(child))
        else:
            fold_tree(child)
    return module


def constant(tensor: Tensor) -> Tensor:
    """A contiguous float32 constant of the graph: a frozen parameter or, where gradients must pass through it
    (``factory.deploy_live``), the tensor itself."""
    exact = tensor.to(torch.float32, copy=True, memory_format=torch.contiguous_format)  # never shares memory
    if torch.is_grad_enabled() and tensor.requires_grad:
        return exact
    return nn.Parameter(exact.detach(), requires_grad=False)


def set_constants(layer: Layer, **tensors: Tensor) -> Layer:
    """Replace parameters of ``layer`` by constants of the same shapes; returns ``layer``."""
    for name, tensor in tensors.items():
        assert layer.get_parameter(name).shape == tensor.shape
        delattr(layer, name)
        setattr(layer, name, constant(tensor))
    return layer


def share(module: Layer) -> Layer:
    """A copy of the module tree that shares the parameters of ``module``: parts of the copy can be replaced without changing it."""
    twin = copy.copy(module)
    twin._parameters, twin._buffers = dict(module._parameters), dict(module._buffers)
    twin._modules = {name: None if child is None else share(child) for name, child in module._modules.items()}
    return twin


def divide_input(conv: nn.Conv2d, std: tuple[float, ...]) -> nn.Conv2d:
    """A convolution equal to ``conv(x / std)``, with one divisor per input channel: ``W / std`` in place of ``W``."""
    assert conv.bias is not None and conv.groups == 1
    divisor = torch.tensor(std, dtype=torch.float64).reshape(1, -1, 1, 1)
    return make_conv(conv, conv.weight.double() / divisor, conv.bias.double())
