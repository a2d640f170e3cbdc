"""Slicing and padding."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mobileseg.errors import UnknownOperationError


def slice_by_index(
    x: Tensor,
    begin: Tensor,
    end: Tensor,
    stride: Tensor | None = None,
    begin_mask: Tensor | None = None,
    end_mask: Tensor | None = None,
    squeeze_mask: Tensor | None = None,
) -> Tensor:
    """``x[begin[0]:end[0]:stride[0], ...]``. Masks leave a begin or an end open, or select the single index ``begin`` and remove the
    axis."""
    rank = x.ndim
    steps = [1] * rank if stride is None else stride.tolist()
    masks = [[False] * rank if mask is None else mask.tolist() for mask in (begin_mask, end_mask, squeeze_mask)]
    gone = []
    for axis, (first, last, step) in enumerate(zip(begin.tolist(), end.tolist(), steps, strict=True)):
        from_edge, to_edge, single = (mask[axis] for mask in masks)
        if single:
            x = x.narrow(axis, first % x.shape[axis], 1)
            gone.append(axis)
            continue
        if step < 0 and (from_edge or to_edge):
            raise UnknownOperationError.of("slice_by_index backwards with an open end")
        chosen = range(x.shape[axis])[None if from_edge else first : None if to_edge else last : step]
        if step > 0:
            x = x[(slice(None),) * axis + (slice(chosen.start, chosen.stop, step),)]
        else:
            x = x.index_select(axis, torch.tensor(list(chosen), dtype=torch.int64))
    return x.squeeze(gone) if gone else x


def slice_by_size(x: Tensor, begin: Tensor, size: Tensor) -> Tensor:
    """``size[i]`` elements from ``begin[i]`` along axis ``i``; -1 takes all the rest."""
    for axis, (first, length) in enumerate(zip(begin.tolist(), size.tolist(), strict=True)):
        x = x.narrow(axis, first, x.shape[axis] - first if length == -1 else length)
    return x


def pad(x: Tensor, pad: Tensor, mode: str = "constant", constant_val: Tensor | float = 0.0) -> Tensor:
    """Pad the last axes with a constant, by reflection without the edge itself, or by repeating the edge."""
    flat = pad.tolist()
    pairs = list(zip(flat[::2], flat[1::2], strict=True))
    if mode == "constant":
        return F.pad(x, [amount for pair in reversed(pairs) for amount in pair], value=float(constant_val))
    if mode not in ("reflect", "replicate"):
        raise UnknownOperationError.of(f"pad {mode}")
    for axis, (before, after) in enumerate(pairs, x.ndim - len(pairs)):
        last = x.shape[axis] - 1
        at = torch.arange(-before, last + 1 + after)
        at = at.clamp(0, last) if mode == "replicate" else last - (last - at.abs()).abs()
        x = x.index_select(axis, at)
    return x
