"""The deploy model of TopFormer: the same function at one input size, in operators that XNNPACK takes.

What is rewritten, and why (measured on executorch 1.5.1, XNNPACK):

* adaptive pools, which have no kernel there, become average pools where the bins are equal, else constant matrices.
* q, k and v come from one convolution; heads are the batch of a 3-D matrix product: 4-D ones are expanded outside the delegate.
* ``local * up(ReLU6(g + 3) / 6) = (local / 6) * up(clamp(g + 3, 0, 6))``: upsampling is linear, so the 3 and the 1/6 are folded.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import Block, ConvModule
from mobileseg.models.blocks.rewrites import concatenate, constant, divide_input, fold, fold_tree, pooling_matrix, share
from mobileseg.models.topformer.model import KEY_DIM, VALUE_DIM, Attention, Injection, TopFormer, upsample

Size = tuple[int, int]


class FixedPool(nn.Module):
    """``adaptive_avg_pool2d`` from one fixed size to another.

    Pooling is linear and separable. Along a side that ``grid`` divides it is a plain average pool. Along any other the bins overlap, and
    it is the product with ``pooling_matrix``, of which a row has only one nonzero value: int8 with one scale per row represents it
    exactly.
    """

    def __init__(self, size: Size, grid: Size) -> None:
        super().__init__()
        pairs = list(zip(size, grid, strict=True))
        self.window = [n // m if n % m == 0 else 1 for n, m in pairs]
        self.down, self.across = (None if n % m == 0 else constant(pooling_matrix(n, m)) for n, m in pairs)

    def forward(self, x: Tensor) -> Tensor:
        if max(self.window) > 1:
            x = F.avg_pool2d(x, self.window)
        if self.across is not None:
            x = F.linear(x, self.across)
        if self.down is not None:
            x = F.linear(x.permute(0, 1, 3, 2), self.down).permute(0, 1, 3, 2)
        return x


class PyramidPoolDeploy(nn.Module):
    """``PyramidPool`` for an image of fixed size."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.grid = -(-height // 64), -(-width // 64)
        self.pools = nn.ModuleList(FixedPool((height // n, width // n), self.grid) for n in (4, 8, 16, 32))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        return torch.cat([pool(x) for pool, x in zip(self.pools, maps, strict=True)], dim=1)


class AttentionDeploy(nn.Module):
    """``Attention`` on one map of fixed size."""

    def __init__(self, attention: Attention, grid: Size) -> None:
        super().__init__()
        self.heads, self.grid = attention.heads, grid
        self.qkv = concatenate([fold(part) for part in (attention.to_q, attention.to_k, attention.to_v)])
        self.proj = fold_tree(share(attention.proj))

    def forward(self, x: Tensor) -> Tensor:
        keys, tokens = self.heads * KEY_DIM, self.grid[0] * self.grid[1]
        qkv = self.qkv(x).reshape(-1, tokens)
        q = qkv[:keys].reshape(self.heads, KEY_DIM, tokens).permute(0, 2, 1)
        k = qkv[keys : 2 * keys].reshape(self.heads, KEY_DIM, tokens)
        v = qkv[2 * keys :].reshape(self.heads, VALUE_DIM, tokens)
        weights = torch.softmax(torch.bmm(q, k), dim=-1)
        out: Tensor = self.proj(torch.bmm(v, weights.permute(0, 2, 1)).reshape(1, -1, *self.grid))
        return out


class InjectionDeploy(nn.Module):
    """``Injection`` with its hard-sigmoid as a clamp, which the runtime fuses into the convolution before it."""

    def __init__(self, injection: Injection) -> None:
        super().__init__()
        self.local = fold(injection.local_embedding, gain=1 / 6)
        self.gate = fold(injection.global_act, offset=3.0)
        self.shift = fold(injection.global_embedding)

    def forward(self, x: Tensor, g: Tensor) -> Tensor:
        out: Tensor = self.local(x) * upsample(F.relu6(self.gate(g)), x) + upsample(self.shift(g), x)
        return out


def deploy(model: TopFormer, height: int, width: int, std: tuple[float, ...]) -> TopFormer:
    """A rewritten copy for inputs of ``height`` x ``width`` pixels minus the mean, not yet divided by ``std``."""
    deployed = share(model).eval()
    backbone, head = deployed.backbone, deployed.decode_head
    pool = PyramidPoolDeploy(height, width)
    backbone.ppa = pool
    for block in backbone.trans.transformer_blocks:
        assert isinstance(block, Block) and isinstance(block.attn, Attention)
        block.attn = AttentionDeploy(block.attn, pool.grid)
    for i, injection in enumerate(backbone.SIM):
        if isinstance(injection, Injection):
            backbone.SIM[i] = InjectionDeploy(injection)
    assert isinstance(head.linear_fuse, ConvModule)
    head.linear_fuse = nn.Sequential(fold(head.linear_fuse), nn.ReLU())
    fold_tree(deployed)
    stem = backbone.tpm.stem
    assert isinstance(stem[0], nn.Conv2d)
    stem[0] = divide_input(stem[0], std)
    return deployed
