"""Activations."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mobileseg.errors import UnknownOperationError


def relu6(x: Tensor) -> Tensor:
    """``min(max(x, 0), 6)``."""
    return torch.clamp(x, 0, 6)


def leaky_relu(x: Tensor, alpha: Tensor) -> Tensor:
    """``x`` where ``x >= 0``, else ``alpha x``."""
    return torch.where(x >= 0, x, alpha * x)


def clamped_relu(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """``min(beta, x)`` where ``x >= 0``, else ``min(beta, alpha x)``."""
    return torch.minimum(torch.where(x >= 0, x, alpha * x), beta)


def thresholded_relu(x: Tensor, alpha: Tensor) -> Tensor:
    """``x`` where ``x >= alpha``, else 0."""
    return torch.where(x >= alpha, x, torch.zeros_like(x))


def threshold(x: Tensor, alpha: Tensor) -> Tensor:
    """``max(x, alpha)``."""
    return torch.maximum(x, alpha)


def elu(x: Tensor, alpha: Tensor) -> Tensor:
    """``x`` where ``x > 0``, else ``alpha (exp(x) - 1)``."""
    return torch.where(x > 0, x, alpha * torch.expm1(x))


def prelu(x: Tensor, alpha: Tensor) -> Tensor:
    """``x`` where ``x > 0``, else ``alpha x`` with an ``alpha`` for each channel, axis 1."""
    return torch.where(x > 0, x, alpha.reshape(-1, *[1] * (x.ndim - 2)) * x)


def scaled_tanh(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """``alpha tanh(beta x)``."""
    return alpha * torch.tanh(beta * x)


def sigmoid_hard(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """``min(max(alpha x + beta, 0), 1)``."""
    return torch.clamp(alpha * x + beta, 0, 1)


def linear_activation(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """``alpha x + beta``."""
    return alpha * x + beta


def gelu(x: Tensor, mode: str = "EXACT") -> Tensor:
    """GELU, exact (by the error function) or in one of two approximations."""
    if mode == "EXACT":
        return F.gelu(x)
    if mode == "TANH_APPROXIMATION":
        return F.gelu(x, approximate="tanh")
    if mode == "SIGMOID_APPROXIMATION":
        return x * torch.sigmoid(1.702 * x)
    raise UnknownOperationError.of(f"gelu {mode}")


def softmax(x: Tensor, axis: Tensor | int = -1) -> Tensor:
    """Softmax over one axis, the last by default."""
    return torch.softmax(x, int(axis))
