"""Reductions over axes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mobileseg.errors import UnknownOperationError
from mobileseg.export.backends.coreml.interpreter.values import COMPUTED, NAMED


def over_axes(function: Callable[[Tensor, list[int], bool], Tensor]) -> Callable[..., Tensor]:
    """A reduction over ``axes``, all by default. ``function`` takes the tensor, the axes, and whether they are kept with length 1."""

    def operation(x: Tensor, axes: Tensor | None = None, keep_dims: Tensor | bool = False) -> Tensor:
        chosen = list(range(x.ndim)) if axes is None else [int(axis) for axis in axes.tolist()]
        return function(x, chosen, bool(keep_dims))

    return operation


def index_of_extreme(function: Callable[[Tensor, int, bool], Tensor]) -> Callable[..., Tensor]:
    """The index of the extreme along ``axis``. The specification leaves open which of several equal ones."""

    def operation(
        x: Tensor, axis: Tensor | int = -1, keep_dims: Tensor | bool = False, output_dtype: str = "int32"
    ) -> Tensor:
        if output_dtype not in ("int32", "uint16"):
            raise UnknownOperationError.of(f"the index of an extreme as {output_dtype}")
        return function(x, int(axis), bool(keep_dims)).to(COMPUTED[NAMED[output_dtype]])

    return operation


reduce_sum = over_axes(lambda x, axes, keep: x.sum(axes, keepdim=keep, dtype=x.dtype))
reduce_mean = over_axes(lambda x, axes, keep: x.mean(axes, keepdim=keep))
reduce_max = over_axes(lambda x, axes, keep: x.amax(axes, keepdim=keep))
reduce_min = over_axes(lambda x, axes, keep: x.amin(axes, keepdim=keep))
reduce_sum_square = over_axes(lambda x, axes, keep: (x * x).sum(axes, keepdim=keep, dtype=x.dtype))
reduce_log_sum_exp = over_axes(lambda x, axes, keep: torch.logsumexp(x, axes, keepdim=keep))
reduce_l2_norm = over_axes(lambda x, axes, keep: torch.sqrt((x * x).sum(axes, keepdim=keep)))
reduce_argmax = index_of_extreme(lambda x, axis, keep: x.argmax(axis, keepdim=keep))
reduce_argmin = index_of_extreme(lambda x, axis, keep: x.argmin(axis, keepdim=keep))
