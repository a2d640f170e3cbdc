"""Attention of every position over the window around it, computed offset by offset, for ``SelfAttention2d``.

The third-party code unfolds keys and values to 49 times their size; here only the logits are 49 times as many as positions and heads.
Maps keep the width of their padding meanwhile, so that the keys of all positions at one offset are one contiguous run; the surplus
columns at the end of each row are cut off.

Training has its own backward pass: autograd would fill, copy and add a whole map for each of the two views of an offset.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def walk(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """``softmax over the window of (q . k + bias)`` times ``v``, and that softmax.

    ``q``, ``k``, ``v`` and the result are ``(N, heads, d, H, W)``, ``bias`` and the softmax ``(N, heads, window ** 2, H, W)`` with
    the window's offsets row by row. Keys and values beyond the border are zero and take part.
    """
    queries = _widen(q, window)
    keys, values = (_runs(_pad(t, window), q.shape[-2], window) for t in (k, v))
    logits = torch.stack([(queries * key).sum(2) for key in keys], dim=2)
    weights = torch.softmax(_narrow(logits, q) + bias, dim=2)
    out = torch.zeros_like(queries)
    for weight, value in zip(_widen(weights, window).unsqueeze(3).unbind(2), values, strict=True):
        out = torch.addcmul(out, weight, value)
    return _narrow(out, q), weights


class Walk(torch.autograd.Function):
    """``walk`` with its own backward pass, for training; returns the weighted values only."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, window: int) -> Tensor:
        out, weights = walk(q, k, v, bias, window)
        ctx.save_for_backward(q, k, v, weights)
        ctx.window = window
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        """Gradients of queries, keys, values and bias; see ``torch.autograd.Function``."""
        q, k, v, weights = ctx.saved_tensors
        window: int = ctx.window
        height = q.shape[-2]
        queries, grads = _widen(q, window), _widen(grad, window)
        padded_k, padded_v = _pad(k, window), _pad(v, window)
        values = _runs(padded_v, height, window)
        of_weights = _narrow(torch.stack([(grads * value).sum(2) for value in values], dim=2), q)
        of_bias = weights * (of_weights - (weights * of_weights).sum(2, keepdim=True))
        of_q, of_k, of_v = torch.zeros_like(queries), torch.zeros_like(padded_k), torch.zeros_like(padded_v)
        for of_logit, weight, key, of_key, of_value in zip(
            _widen(of_bias, window).unsqueeze(3).unbind(2),
            _widen(weights, window).unsqueeze(3).unbind(2),
            _runs(padded_k, height, window),
            _runs(of_k, height, window),
            _runs(of_v, height, window),
            strict=True,
        ):
            of_q.addcmul_(of_logit, key)
            of_key.addcmul_(of_logit, queries)
            of_value.addcmul_(weight, grads)
        return _narrow(of_q, q), _unpad(of_k, height, window), _unpad(of_v, height, window), of_bias, None


def _widen(t: Tensor, window: int) -> Tensor:
    """``(..., H, W)`` to ``(..., H * (W + window - 1))``: zeros at the end of every row."""
    return F.pad(t, (0, window - 1)).flatten(-2)


def _narrow(t: Tensor, like: Tensor) -> Tensor:
    """The map of the size of ``like`` from widened rows."""
    height, width = like.shape[-2:]
    return torch.unflatten(t, -1, (height, -1))[..., :width]


def _pad(t: Tensor, window: int) -> Tensor:
    """``(..., H, W)`` with a border of zeros, flattened, and padded at the end for the run of the last offset."""
    return F.pad(F.pad(t, (window // 2,) * 4).flatten(-2), (0, window - 1))


def _unpad(t: Tensor, height: int, window: int) -> Tensor:
    """The map of ``height`` rows without its border."""
    border = window // 2
    whole = torch.unflatten(t[..., : t.shape[-1] - (window - 1)], -1, (height + 2 * border, -1))
    return whole[..., border : border + height, border : whole.shape[-1] - border]


def _runs(padded: Tensor, height: int, window: int) -> list[Tensor]:
    """For each offset, row by row, the values that the positions of ``height`` widened rows see: views of a padded map."""
    width = (padded.shape[-1] - (window - 1)) // (height + window - 1)
    return [padded[..., y * width + x :][..., : height * width] for y in range(window) for x in range(window)]
