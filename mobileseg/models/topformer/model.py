"""TopFormer: a convolutional token pyramid, pooled to one small map; full attention on it is injected into every scale.

Paper: Zhang, Huang, Luo, Chen, Wang, Liu, Yu, Shen, "TopFormer: Token Pyramid Transformer for Mobile Semantic Segmentation",
CVPR 2022 (https://arxiv.org/abs/2204.05525). Original code: github.com/hustvl/TopFormer (Apache-2.0). This is a
reimplementation from the specification: state_dict keys and numbers are the authors', the code is not.
It serves as a control: a known network to compare latencies with. Its deploy model is made by the rewrites of
``mobileseg.models.rewrites`` alone: written by hand it took 0.3 to 0.8 % fewer instructions on a Cortex-A76.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import (
    ConvBN,
    ConvModule,
    HardSigmoid,
    MV2Block,
    MV2Row,
    TransformerStage,
    seeded,
)

STEM = 16  # channels
DEPTH, MLP_RATIO, DROP_PATH = 4, 2, 0.1  # of the transformer
KEY_DIM, VALUE_DIM = 16, 32  # channels of one head


@dataclass(frozen=True)
class Variant:
    """One row of the paper's architecture table."""

    widths: tuple[int, int, int, int]  # of the pyramid's maps, strides 4, 8, 16, 32
    last_blocks: int  # MV2 blocks at stride 32
    heads: int
    embed: int  # width of the injected maps and of the head
    depthwise_head: bool = False

    @property
    def stages(self) -> tuple[tuple[MV2Row, ...], ...]:
        """The MV2 blocks that end in each map of the pyramid."""
        a, b, c, d = self.widths
        last: tuple[MV2Row, ...] = ((5, 6, d, 2), (5, 6, d, 1), (3, 6, d, 1))
        return (
            ((3, 1, STEM, 1), (3, 4, a, 2), (3, 3, a, 1)),
            ((5, 3, b, 2), (5, 3, b, 1)),
            ((3, 3, c, 2), (3, 3, c, 1)),
            last[: self.last_blocks],
        )


VARIANTS = {
    "tiny": Variant((16, 32, 64, 96), 2, 4, 128, depthwise_head=True),
    "small": Variant((24, 48, 96, 128), 3, 6, 192),
    "base": Variant((32, 64, 128, 160), 3, 8, 256),
}


class TokenPyramid(nn.Module):
    """``(N, 3, H, W)`` to the maps of strides 4, 8, 16 and 32; a strided convolution rounds odd sizes up."""

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        self.stem = nn.Sequential(ConvBN(3, STEM, 3, 2), nn.ReLU())
        rows = list(itertools.chain(*variant.stages))
        inputs = (STEM, *(row[2] for row in rows))
        for i, row in enumerate(rows, 1):
            self.add_module(f"layer{i}", MV2Block(inputs[i - 1], row))
        self.ends = list(itertools.accumulate(len(stage) for stage in variant.stages))

    def forward(self, x: Tensor) -> list[Tensor]:
        x, maps = self.stem(x), []
        for i in range(1, self.ends[-1] + 1):
            x = self.get_submodule(f"layer{i}")(x)
            if i in self.ends:
                maps.append(x)
        return maps


class PyramidPool(nn.Module):
    """All maps, average-pooled to half the size of the coarsest, rounded up, and concatenated: ``(N, channels of all, h, w)``."""

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        height, width = maps[-1].shape[2:]
        grid = -(-height // 2), -(-width // 2)
        return torch.cat([F.adaptive_avg_pool2d(x, grid) for x in maps], dim=1)


class Attention(nn.Module):
    """Multi-head attention over all positions, without the usual ``key_dim**-0.5``; ``(N, dim, h, w)`` to the same."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = ConvBN(dim, heads * KEY_DIM)
        self.to_k = ConvBN(dim, heads * KEY_DIM)
        self.to_v = ConvBN(dim, heads * VALUE_DIM)
        self.proj = nn.Sequential(nn.ReLU6(), ConvBN(heads * VALUE_DIM, dim))
        nn.init.zeros_(self.proj.get_parameter("1.bn.weight"))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (part(x).flatten(2).unflatten(1, (self.heads, -1)) for part in (self.to_q, self.to_k, self.to_v))
        weights = torch.softmax(q.transpose(2, 3) @ k, dim=-1)
        mixed = (v @ weights.transpose(2, 3)).flatten(1, 2).unflatten(2, x.shape[2:])
        out: Tensor = self.proj(mixed)
        return out


class Injection(nn.Module):
    """``local(x) * up(hard_sigmoid(act(g))) + up(embedding(g))``: injects the transformer's output ``g`` into a map ``x`` of the pyramid.

    ``x`` is ``(N, channels, H, W)``, ``g`` is ``(N, channels, h, w)``; gives ``(N, embed, H, W)``.
    """

    def __init__(self, channels: int, embed: int) -> None:
        super().__init__()
        self.local_embedding = ConvModule(channels, embed)
        self.global_embedding = ConvModule(channels, embed)
        self.global_act = ConvModule(channels, embed)
        self.act = HardSigmoid()

    def forward(self, x: Tensor, g: Tensor) -> Tensor:
        gate, shift = self.act(self.global_act(g)), self.global_embedding(g)
        out: Tensor = self.local_embedding(x) * upsample(gate, x) + upsample(shift, x)
        return out


def upsample(x: Tensor, like: Tensor) -> Tensor:
    """``x`` resized bilinearly to the height and width of ``like``."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class TopFormerBackbone(nn.Module):
    """``(N, 3, H, W)`` to the injected maps of strides 8, 16 and 32, all ``embed`` wide."""

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        dim = sum(variant.widths)
        self.tpm = TokenPyramid(variant)
        self.ppa: nn.Module = PyramidPool()
        attention = functools.partial(Attention, dim, variant.heads)
        self.trans = TransformerStage(attention, dim, DEPTH, MLP_RATIO, DROP_PATH)
        injections = (Injection(channels, variant.embed) for channels in variant.widths[1:])
        self.SIM = nn.ModuleList([nn.Identity(), *injections])  # the finest map is not given on
        self.bounds = list(itertools.pairwise(itertools.accumulate(variant.widths)))

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = self.tpm(x)
        tokens = self.trans(self.ppa(maps))
        parts = (tokens[:, begin:end] for begin, end in self.bounds)
        return [inject(x, g) for inject, x, g in zip(list(self.SIM)[1:], maps[1:], parts, strict=True)]


class SimpleHead(nn.Module):
    """Maps of one width, finest first, summed at the size of the finest, to class logits ``(N, classes, h, w)``."""

    def __init__(self, width: int, num_classes: int, depthwise: bool, dropout: float = 0.1) -> None:
        super().__init__()
        self.conv_seg = nn.Conv2d(width, num_classes, 1)
        self.dropout = nn.Dropout2d(dropout)
        self.linear_fuse: nn.Module = ConvModule(width, width, groups=width if depthwise else 1, relu=True)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        x, *others = maps
        for other in others:
            x = x + upsample(other, x)
        logits: Tensor = self.conv_seg(self.dropout(self.linear_fuse(x)))
        return logits


class TopFormer(nn.Module):
    """Backbone and head; logits ``(N, num_classes, H / 8, W / 8)``, odd sizes rounded up."""

    def __init__(self, variant: Variant, num_classes: int) -> None:
        super().__init__()
        self.backbone = TopFormerBackbone(variant)
        self.decode_head = SimpleHead(variant.embed, num_classes, variant.depthwise_head)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.decode_head(self.backbone(x))
        return logits


def segmenter(variant: str, num_classes: int, seed: int = 0) -> TopFormer:
    """Seeded random TopFormer for segmentation, in training mode as PyTorch makes it."""
    return seeded(lambda: TopFormer(VARIANTS[variant], num_classes), seed)
