"""Computation in bands: one part of a tensor after another, so that large intermediate results stay small."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")
AT_ONCE = 5  # tensors that XNNPACK concatenates in one operator; with more it copies the first ones repeatedly


def span(x: Tensor, dim: int, first: int, last: int) -> Tensor:
    """``x[first:last]`` along ``dim``; the whole range is ``x`` itself, since a full slice becomes an ``alias`` operator, which neither
    XNNPACK nor Core ML has."""
    return x if (first, last) == (0, x.shape[dim]) else x.narrow(dim, first, last - first)


def join(parts: list[Tensor], dim: int) -> Tensor:
    """Concatenation of any number of tensors along ``dim``."""
    return joined(parts, lambda group: torch.cat(group, dim))


def joined(parts: list[T], concatenate: Callable[[list[T]], T]) -> T:
    """Concatenation of any number of parts, at most ``AT_ONCE`` per operator, and without one for a single part."""
    while len(parts) > 1:
        groups = [parts[i : i + AT_ONCE] for i in range(0, len(parts), AT_ONCE)]
        parts = [concatenate(group) if len(group) > 1 else group[0] for group in groups]
    return parts[0]
