"""Work in bands: the parts of a tensor one after another, so that what is large in between stays small."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
AT_ONCE = 5  # tensors that XNNPACK concatenates; of more it would copy the first again and again


def span(x: Tensor, dim: int, first: int, last: int) -> Tensor:
    """``x[first:last]`` along ``dim``. All of it is ``x`` itself: a slice of everything becomes an ``alias`` operator, which neither
    XNNPACK nor Core ML knows."""
    return x if (first, last) == (0, x.shape[dim]) else x.narrow(dim, first, last - first)


def join(parts: list[Tensor], dim: int) -> Tensor:
    """Concatenation of any number of tensors."""
    return joined(parts, lambda group: torch.cat(group, dim))


def joined(parts: list[T], concatenate: Callable[[list[T]], T]) -> T:
    """Concatenation of any number of parts, a few at once; no operator where there is only one."""
    while len(parts) > 1:
        groups = [parts[i : i + AT_ONCE] for i in range(0, len(parts), AT_ONCE)]
        parts = [concatenate(group) if len(group) > 1 else group[0] for group in groups]
    return parts[0]
