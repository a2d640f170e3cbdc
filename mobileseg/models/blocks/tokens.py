"""Maps as tokens ``(H, W, C)``, and 1x1 convolutions as linear layers on them.

For networks of 1x1 convolutions and attention: XNNPACK computes convolutions channels-last and reshapes channels-first, and transposes
wherever the two meet. On tokens no transpositions are needed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mobileseg.models.blocks.rewrites import set_constants


def to_tokens(x: Tensor) -> Tensor:
    """``(1, C, H, W)`` to ``(H, W, C)``."""
    return x.permute(0, 2, 3, 1).reshape(x.shape[2], x.shape[3], x.shape[1])


def to_map(tokens: Tensor) -> Tensor:
    """``(H, W, C)`` to ``(1, C, H, W)``."""
    return tokens.reshape(1, *tokens.shape).permute(0, 3, 1, 2)


def make_linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    """A float32 linear layer with the given ``(out, in)`` weight and ``(out,)`` bias."""
    return set_constants(nn.Linear(weight.shape[1], weight.shape[0]), weight=weight, bias=bias)


def pointwise(conv: nn.Conv2d, gain: float = 1.0) -> nn.Linear:
    """The linear layer on tokens that equals a 1x1 convolution of ``gain * x``. A stride is ignored: the caller subsamples the tokens."""
    assert conv.kernel_size == (1, 1) and conv.groups == 1 and conv.bias is not None
    return make_linear(gain * conv.weight[:, :, 0, 0], conv.bias)


def split_rows(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Even and odd rows of ``(H, W, C)``, H even. XNNPACK has only slices of step 1, so pairs of rows are joined first."""
    height, width, channels = tokens.shape
    pairs = tokens.reshape(height // 2, 2 * width, channels)
    return pairs[:, :width], pairs[:, width:]


def split_columns(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Even and odd columns of ``(H, W, C)``, W even."""
    height, width, channels = tokens.shape
    pairs = tokens.reshape(height, width // 2, 2 * channels)
    return pairs[:, :, :channels], pairs[:, :, channels:]


def even_rows(tokens: Tensor) -> Tensor:
    """Every second row, from the first: ``ceil(H / 2)`` of them."""
    height = tokens.shape[0]
    if height == 1:
        return tokens
    if height % 2 == 0:
        return split_rows(tokens)[0]
    return torch.cat((split_rows(tokens[: height - 1])[0], tokens[height - 1 :]))


def even_columns(tokens: Tensor) -> Tensor:
    """Every second column, from the first: ``ceil(W / 2)`` of them."""
    width = tokens.shape[1]
    if width == 1:
        return tokens
    if width % 2 == 0:
        return split_columns(tokens)[0]
    return torch.cat((split_columns(tokens[:, : width - 1])[0], tokens[:, width - 1 :]), 1)


def sum_of_four(tokens: Tensor) -> Tensor:
    """Four times the 2x2 average pool of stride 2, both sides even."""
    above, below = split_rows(tokens)
    left, right = split_columns(above + below)
    return left + right
