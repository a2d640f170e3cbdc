"""Elementwise operations, broadcast as NumPy does, and the choice between two tensors."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.values import COMPUTED, NAMED, rounded


def unary(function: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """An operation of one parameter ``x``."""

    def operation(x: Tensor) -> Tensor:
        return function(x)

    return operation


def binary(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """An operation of two parameters ``x`` and ``y``."""

    def operation(x: Tensor, y: Tensor) -> Tensor:
        return function(x, y)

    return operation


def floor_div(x: Tensor, y: Tensor) -> Tensor:
    """The largest whole number not above ``x / y``."""
    return torch.div(x, y, rounding_mode="floor")


def select(cond: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """``a`` where ``cond``, else ``b``."""
    return torch.where(cond, a, b)


def clip(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """``x`` within ``[alpha, beta]``."""
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
    """``x`` as ``dtype``; a fraction is cut off towards zero, as NumPy's ``astype`` does, after which coremltools folds constants."""
    if dtype not in NAMED:
        raise UnknownOperationError.of(f"cast to {dtype}")
    if x.is_floating_point() and not COMPUTED[NAMED[dtype]].is_floating_point and dtype != "bool":
        info = torch.iinfo(COMPUTED[NAMED[dtype]])
        if not bool(((x > info.min - 1) & (x < info.max + 1)).all()):
            raise UnknownOperationError.of(f"cast to {dtype} of numbers that it does not hold")
    return rounded(x, NAMED[dtype])
