"""The deploy version of attention in 7x7 windows: blocks of queries that share a halo of keys, without unfolding keys 49 times.

A block of ``b x c`` queries needs the ``(b + 6) x (c + 6)`` keys around it. Per head that is one product of the block's queries with
its keys and one of the weights with its values; keys outside a query's window are masked. What determines the latency
(executorch 1.5.1, XNNPACK):

* The relative part of the logits, ``q . r``, is a row term plus a column term: ``(b + 6) + (c + 6)`` numbers per query, computed by one
  product with a constant table for each position in a block, and expanded over the keys by a second constant. The mask is added to
  these terms, which are far fewer than the logits.
* Small blocks waste fewer logits (16 queries: 100 keys, 49 queries: 169 keys) but copy more, 6 times the keys instead of 3. Copies
  grow with the width of a head, logits do not; ``block_size`` weighs the two. The optimum is flat: with ``COPIES`` from 2 down to 0.25
  SASA-ResNet-26 takes the same time within 3 %, in float32 and int8; 0.125 is 5 to 15 % slower. Small blocks are better because the
  products stay float in int8 files: of the segmenter's multiply-adds at 192x256, 85 % are int8 with 2, and 91 % with 0.25.
* One row of blocks at a time: its logits stay in the cache, the file needs little memory, and the halo of rows is a slice. The
  halo of columns is a concatenation of shifted blocks.

For SASA-ResNet-26 at 224x224 in float32, linear layers then take 47 % of the time, batched products 20 %, copies of all kinds 21 %,
and the softmax 5 %.
"""

from __future__ import annotations

import itertools
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.bands import join, span
from mobileseg.models.blocks.rewrites import HIDDEN, constant
from mobileseg.models.blocks.tokens import sum_of_four
from mobileseg.models.sasa.model import SelfAttention2d

LARGEST_BLOCK = 16
COPIES = 0.25  # cost of copying one channel of a key or value into a halo, relative to one logit
ROW = 3000  # cost of the operators of one more row of blocks, relative to one logit


def block_size(height: int, width: int, halo: int, depth: int) -> tuple[int, int]:
    """Height and width of the blocks of queries with the lowest estimated cost, for a map of ``height`` x ``width`` and ``depth``
    channels per head."""

    def cost(block: tuple[int, int]) -> float:
        rows, columns = block
        down, across = -(-height // rows), -(-width // columns)
        return down * across * (rows + halo) * (columns + halo) * (rows * columns + COPIES * depth) + down * ROW

    sides = range(1, LARGEST_BLOCK + 1)
    return min(itertools.product(sides, sides), key=cost)


class WindowAttention(nn.Module):
    """The attention of ``SelfAttention2d`` without its projections, on a map of ``height`` x ``width``, then ``relu(out + shift)``.

    Queries, keys and values ``(height, width, channels)``, with all channels of a head together, ->
    ``(height / stride, width / stride, channels)``. Where the reference model averages, this sums: the values include the factor.
    """

    keep_float: ClassVar[str] = "attention in windows is float: its products and softmax have no int8 kernel"

    def __init__(
        self,
        attention: SelfAttention2d,
        shift: Tensor,
        height: int,
        width: int,
        block: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.height, self.width, self.stride = height, width, attention.stride
        self.channels, self.heads = attention.conv_qkv.in_channels, attention.heads
        self.depth, self.halo = self.channels // self.heads, attention.window - 1
        self.block = block or block_size(height, width, self.halo, self.depth)
        self.reach = (self.block[0] + self.halo, self.block[1] + self.halo)  # rows and columns of a block's keys
        self.rows, self.columns = -(-height // self.block[0]), -(-width // self.block[1])  # of blocks
        self.table, self.mask = (constant(t) for t in self.terms(attention))
        rows, columns = torch.eye(self.reach[0]), torch.eye(self.reach[1])
        spread = (rows.repeat_interleave(self.reach[1], 0), columns.repeat(self.reach[0], 1))
        self.spread = constant(torch.cat(spread, dim=1))
        self.shift = constant(shift)

    def terms(self, attention: SelfAttention2d) -> tuple[Tensor, Tensor]:
        """For each of the ``b c`` positions in a block: the table ``(positions, depth, terms)`` that maps a query to its row and column
        terms, and the mask ``(1, positions, terms)``."""
        half, window = self.depth // 2, attention.window
        table = torch.zeros(*self.block, self.depth, sum(self.reach))
        mask = torch.full((*self.block, sum(self.reach)), HIDDEN)
        for y, x in itertools.product(*map(range, self.block)):
            rows, columns = slice(y, y + window), slice(self.reach[0] + x, self.reach[0] + x + window)
            table[y, x, :half, rows] = attention.relative_h.reshape(half, window)
            table[y, x, half:, columns] = attention.relative_w.reshape(half, window)
            mask[y, x, rows] = mask[y, x, columns] = 0.0
        return table.flatten(0, 1), mask.flatten(0, 1).unsqueeze(0)

    def padded(self, x: Tensor, before: int, rows: int, columns: int) -> Tensor:
        """``(rows, columns, channels)``: ``x`` after ``before`` rows and columns of zeros, with zeros after it.

        The first reshape is for int8: the output of a quantized layer would be padded in int8, and such a file does not load.
        """
        after = (rows - self.height - before, columns - self.width - before)
        if not before and not any(after):
            return x
        padding = (0, 0, before, after[1], before, after[0])
        return F.pad(x.reshape(1, self.height, self.width, self.channels), padding).reshape(rows, columns, -1)

    def with_halo(self, x: Tensor) -> tuple[Tensor, list[int]]:
        """Keys or values padded to whole blocks of columns, including those that the halo reaches into; and how many columns a block
        takes from itself and from each block that follows."""
        own = self.block[1]
        widths = [own, *(min(own, self.halo - done) for done in range(0, self.halo, own))]
        rows, columns = self.rows * self.block[0] + self.halo, (self.columns + len(widths) - 1) * own
        return self.padded(x, self.halo // 2, rows, columns), widths

    def halo_of_keys(self, x: Tensor) -> Tensor:
        """The keys of every column of blocks with its halo: ``(block columns, channels, rows, columns in reach)``."""
        x, widths = self.with_halo(x)
        rows, own = x.shape[0], self.block[1]
        parts = []
        for i, width in enumerate(widths):
            blocks = span(x, 1, i * own, (i + self.columns) * own).reshape(rows, self.columns, -1)
            parts.append(span(blocks, 2, 0, width * self.channels))
        return torch.cat(parts, 2).reshape(rows, self.columns, -1, self.channels).permute(1, 3, 0, 2)

    def halo_of_values(self, x: Tensor) -> Tensor:
        """The values of every column of blocks with its halo: ``(block columns, heads, rows, columns in reach, depth)``."""
        x, widths = self.with_halo(x)
        x = x.reshape(x.shape[0], -1, self.block[1], self.heads, self.depth).permute(1, 3, 0, 2, 4)
        parts = (span(span(x, 0, i, i + self.columns), 3, 0, width) for i, width in enumerate(widths))
        return torch.cat(list(parts), 3)

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """The weighted values ``(height, width, channels)``."""
        (high, wide), keys = self.block, self.reach[0] * self.reach[1]
        products = self.columns * self.heads  # in one row of blocks
        q = self.padded(q, 0, self.rows * high, self.columns * wide)
        q = q.reshape(self.rows, high, self.columns, wide, self.channels).permute(1, 3, 0, 2, 4)
        q = q.reshape(high * wide, -1, self.depth)
        terms = torch.bmm(q, self.table).permute(1, 0, 2) + self.mask
        q, k, v = q.permute(1, 0, 2), self.halo_of_keys(k), self.halo_of_values(v)
        bands = []
        for i in range(self.rows):
            query, term = (span(t, 0, i * products, (i + 1) * products) for t in (q, terms))
            key, value = (span(t, 2, i * high, i * high + self.reach[0]) for t in (k, v))
            logits = torch.bmm(query, key.reshape(products, self.depth, keys)) + F.linear(term, self.spread)
            band = torch.bmm(torch.softmax(logits, dim=-1), value.reshape(products, keys, self.depth))
            band = band.reshape(self.columns, self.heads, high, wide, self.depth).permute(2, 0, 3, 1, 4)
            bands.append(band.reshape(high, -1, self.channels))
        return span(span(join(bands, 0), 0, 0, self.height), 1, 0, self.width)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        out = self.attend(q, k, v)
        return F.relu((sum_of_four(out) if self.stride == 2 else out) + self.shift)
