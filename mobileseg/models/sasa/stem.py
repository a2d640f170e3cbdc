"""The attention stem of stand-alone self-attention: attention inside 4x4 blocks of pixels, with position-dependent values.

Paper: Ramachandran, Parmar, Vaswani, Bello, Levskaya, Shlens, "Stand-Alone Self-Attention in Vision Models", NeurIPS 2019
(https://arxiv.org/abs/1906.05909), section 3.2 and appendix; the authors released no code. From the paper: the blocks are those of the
4x4 max pooling that follows; ``v = (sum over m of p(a, b, m) W_m) x`` with
``p(a, b, m) = softmax over m of (row(a) + column(b)) . mix(m)``, shared by 4 heads, where ``a, b`` is the position in the block; then
BatchNorm and the pooling. Choices where the paper is silent: m = 4 mixtures, as in third-party code; embeddings as wide as a head; no
activation after the BatchNorm and no position term in the logits, since none is mentioned.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCK = 4  # pixels a side: of attention and of the pooling
HEADS = 4
MIXTURES = 4


class AttentionStem(nn.Module):
    """Normalised ``(N, 3, H, W)`` to ``(N, channels, H / 4, W / 4)``; sizes are multiples of 4."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_qk = nn.Conv2d(3, 2 * channels, 1, bias=False)
        self.conv_v = nn.Conv2d(3, MIXTURES * channels, 1, bias=False)
        self.row = nn.Embedding(BLOCK, channels // HEADS)
        self.column = nn.Embedding(BLOCK, channels // HEADS)
        self.mix = nn.Embedding(MIXTURES, channels // HEADS)
        self.bn = nn.BatchNorm2d(channels)

    def value_weights(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The matrices ``(16, channels, 3)`` in ``dtype`` that give the value of the pixel at each position of a block, row by row."""
        row, column, mix, v = (part.weight.to(dtype) for part in (self.row, self.column, self.mix, self.conv_v))
        shares = torch.softmax((row[:, None] + column).flatten(0, 1) @ mix.T, dim=1)
        return torch.einsum("pm,mcx->pcx", shares, v.reshape(MIXTURES, -1, 3))

    def forward(self, x: Tensor) -> Tensor:
        images, _, height, width = x.shape
        cells = height // BLOCK, width // BLOCK
        q, k = F.pixel_unshuffle(self.conv_qk(x), BLOCK).reshape(images, 2, HEADS, -1, BLOCK**2, *cells).unbind(1)
        pixels = F.pixel_unshuffle(x, BLOCK).reshape(images, 3, BLOCK**2, *cells)
        v = torch.einsum("pcx,nxphw->ncphw", self.value_weights(), pixels).reshape(q.shape)
        weights = torch.softmax(torch.einsum("ngdihw,ngdjhw->nghwij", q, k), dim=-1)
        out = torch.einsum("nghwij,ngdjhw->ngdihw", weights, v).reshape(images, -1, *cells)
        return F.max_pool2d(self.bn(F.pixel_shuffle(out, BLOCK)), BLOCK)
