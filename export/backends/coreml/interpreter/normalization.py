"""Normalisation with given or with computed mean and variance."""

from __future__ import annotations

import torch
from torch import Tensor


def batch_norm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: Tensor | float = 1e-5,
) -> Tensor:
    """Normalise with the given mean and variance of each channel (axis 1)."""
    shape = (1, -1) + (1,) * (x.ndim - 2)
    normal = (x - mean.reshape(shape)) / torch.sqrt(variance.reshape(shape) + epsilon)
    return _scaled(normal, gamma, beta, shape)


def instance_norm(
    x: Tensor, gamma: Tensor | None = None, beta: Tensor | None = None, epsilon: Tensor | float = 1e-5
) -> Tensor:
    """Normalise with the mean and variance of each image and channel."""
    return _scaled(_standard(x, list(range(2, x.ndim)), epsilon), gamma, beta, (1, -1) + (1,) * (x.ndim - 2))


def layer_norm(
    x: Tensor,
    axes: Tensor | None = None,
    gamma: Tensor | None = None,
    beta: Tensor | None = None,
    epsilon: Tensor | float = 1e-5,
) -> Tensor:
    """Normalise with the mean and variance over ``axes``, all by default; ``gamma`` and ``beta`` have the shape of those axes."""
    over = sorted(axis % x.ndim for axis in (range(x.ndim) if axes is None else axes.tolist()))
    shape = tuple(x.shape[axis] if axis in over else 1 for axis in range(x.ndim))
    return _scaled(_standard(x, over, epsilon), gamma, beta, shape)


def l2_norm(x: Tensor, epsilon: Tensor | float = 1e-6) -> Tensor:
    """``x / sqrt(sum x^2 + epsilon)`` over the last three axes."""
    return x / torch.sqrt((x * x).sum((-3, -2, -1), keepdim=True) + epsilon)


def _standard(x: Tensor, axes: list[int], epsilon: Tensor | float) -> Tensor:
    variance, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + epsilon)


def _scaled(x: Tensor, gamma: Tensor | None, beta: Tensor | None, shape: tuple[int, ...]) -> Tensor:
    if gamma is not None:
        x = x * gamma.reshape(shape)
    return x if beta is None else x + beta.reshape(shape)
