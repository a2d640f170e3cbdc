"""Elementwise operations with NumPy's broadcasting."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.values import COMPUTED, NAMED, rounded


def unary(function: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """An operation with the one parameter ``x``."""

    def operation(x: Tensor) -> Tensor:
        return function(x)

    return operation


def binary(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """An operation with the two parameters ``x`` and ``y``."""

    def operation(x: Tensor, y: Tensor) -> Tensor:
        return function(x, y)

    return operation


def floor_div(x: Tensor, y: Tensor) -> Tensor:
    """``floor(x / y)``."""
    return torch.div(x, y, rounding_mode="floor")


def select(cond: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """``a`` where ``cond``, else ``b``."""
    return torch.where(cond, a, b)


def clip(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """``x`` clamped to ``[alpha, beta]``."""
    return torch.clamp(x, alpha, beta)


def inverse(x: Tensor, epsilon: Tensor | float = 1e-4) -> Tensor:
    """``1 / (x + epsilon)``."""
    return 1 / (x + epsilon)


def rsqrt(x: Tensor, epsilon: Tensor | float = 1e-12) -> Tensor:
    """``1 / sqrt(x + epsilon)``."""
    return torch.rsqrt(x + epsilon)


def log(x: Tensor, epsilon: Tensor | float = 1e-45) -> Tensor:
    """``log(x + epsilon)``."""
    return torch.log(x + epsilon)


def cast(x: Tensor, dtype: str) -> Tensor:
    """``x`` as ``dtype``. Fractions are truncated towards zero, as by NumPy's ``astype``, which coremltools uses to fold constants."""
    if dtype not in NAMED:
        raise UnknownOperationError.of(f"cast to {dtype}")
    if x.is_floating_point() and not COMPUTED[NAMED[dtype]].is_floating_point and dtype != "bool":
        info = torch.iinfo(COMPUTED[NAMED[dtype]])
        if not bool(((x > info.min - 1) & (x < info.max + 1)).all()):
            raise UnknownOperationError.of(f"cast to {dtype} of numbers outside its range")
    return rounded(x, NAMED[dtype])
