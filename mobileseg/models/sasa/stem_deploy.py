"""The deploy version of the attention stem: one product for the logits of all heads, one for the values, and pooling by halves.

* ``q . k = x' (Q' K) x`` for pixels of three channels: 3x3 matrices of the heads replace the queries, and the keys are the pixels.
* The matrices of the values, one for each of the 16 positions in a block, are computed once. They include the BatchNorm's scale; its
  shift commutes with the maximum.
* The maximum over a block is a tournament of its positions: no map of full resolution is assembled.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.bands import join, span
from mobileseg.models.blocks.rewrites import batchnorm_affine, constant
from mobileseg.models.heads.mask import tournament
from mobileseg.models.sasa.stem import BLOCK, HEADS, AttentionStem

PLACES = BLOCK**2
BAND = 2**21  # logits at a time, 8 MB: those of a whole 512x512 image are 67 MB


class AttentionStemDeploy(nn.Module):
    """``AttentionStem`` on pixels minus the mean, ``(1, 3, height, width)``, not yet divided by ``std``, to tokens
    ``(height / 4, width / 4, channels)``. ``band``: number of logits computed at once."""

    keep_float: ClassVar[str] = (
        "attention between the pixels of a block is float: its products and softmax have no int8 kernel"
    )

    def __init__(self, stem: AttentionStem, height: int, width: int, std: tuple[float, ...], band: int = BAND) -> None:
        super().__init__()
        self.rows, self.columns = height // BLOCK, width // BLOCK
        divisor = torch.tensor(std, dtype=torch.float64)
        q, k = stem.conv_qk.weight.double().flatten(1).div(divisor).reshape(2, HEADS, -1, 3)
        self.query = constant(torch.einsum("gdx,gdy->gyx", q, k).flatten(0, 1))
        scale, shift = batchnorm_affine(stem.bn)
        values = stem.value_weights(torch.float64) * scale[:, None] / divisor
        self.values = constant(values.transpose(1, 2))
        self.shift = constant(shift)
        self.step = max(1, band // (self.columns * HEADS * PLACES**2))  # rows of blocks in a band

    def band(self, x: Tensor) -> Tensor:
        """The pooled blocks of some rows of blocks: ``(3, rows, 4, columns, 4)`` -> ``(rows, columns, channels)``."""
        blocks = x.shape[1] * x.shape[3]
        keys = x.permute(1, 3, 0, 2, 4).reshape(blocks, 3, PLACES)
        pixels = x.permute(1, 3, 2, 4, 0).reshape(-1, 3)
        queries = F.linear(pixels, self.query).reshape(blocks, PLACES, HEADS, 3).permute(0, 2, 1, 3)
        weights = torch.softmax(torch.bmm(queries.reshape(blocks, -1, 3), keys), dim=-1)
        places = x.permute(2, 4, 1, 3, 0).reshape(PLACES, blocks, 3)
        values = torch.bmm(places, self.values).reshape(PLACES, blocks * HEADS, -1).permute(1, 0, 2)
        out = torch.bmm(weights.reshape(blocks * HEADS, PLACES, PLACES), values)
        return tournament(out, torch.maximum).reshape(x.shape[1], x.shape[3], -1) + self.shift

    def forward(self, x: Tensor) -> Tensor:
        x = x.reshape(3, self.rows, BLOCK, self.columns, BLOCK)
        firsts = range(0, self.rows, self.step)
        bands = [self.band(span(x, 1, i, min(i + self.step, self.rows))) for i in firsts]
        return join(bands, 0)
