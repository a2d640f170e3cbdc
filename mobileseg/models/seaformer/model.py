"""SeaFormer: a mobile convolution trunk with squeeze-enhanced axial (SEA) attention on its deepest stages.

Paper: Wan, Huang, Lu, Yu, Zhang, "SeaFormer: Squeeze-enhanced Axial Transformer for Mobile Semantic Segmentation",
ICLR 2023 (https://arxiv.org/abs/2301.13156). Original code: github.com/fudan-zvg/SeaFormer (Apache-2.0). This is a
reimplementation from the specification: state_dict keys and numbers are the authors', the code is not. What mobile runtimes lack or
compute slowly (tables resampled at run time, means over one axis, 5-D reshapes) is rewritten in ``deploy.py``.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import ConvBN, HardSigmoid, MV2Block, MV2Row, TransformerStage, seeded
from mobileseg.models.heads.light import LightHead

TABLE_LENGTH = 16  # tokens of a position table as trained: 512 px at stride 32


@dataclass(frozen=True)
class Variant:
    """One row of the paper's architecture table."""

    stem: int
    stages: tuple[tuple[MV2Row, ...], ...]  # five: strides 4, 8, 16, 32, 64
    widths: tuple[int, ...]  # of the transformer stages, which follow the last stages
    depths: tuple[int, ...]
    key_dims: tuple[int, ...]  # per head
    heads: int
    mlp_ratios: tuple[int, ...]
    embeds: tuple[int, ...]  # of the head
    drop_path: float = 0.1
    value_ratio: int = 2  # value channels per key channel

    @property
    def first_transformer(self) -> int:
        """Index (from 1) of the first trunk stage that a transformer stage follows."""
        return len(self.stages) - len(self.widths) + 1


def _stages(
    c: tuple[int, int, int, int, int], first: tuple[MV2Row, ...], t: tuple[int, int, int, int]
) -> tuple[tuple[MV2Row, ...], ...]:
    """The five trunk stages: ``c`` the widths from 1/4 to 1/64, ``t`` the expansions of the last four."""
    return (
        first,
        ((5, t[0], c[1], 2), (5, t[0], c[1], 1)),
        ((3, t[1], c[2], 2), (3, t[1], c[2], 1)),
        ((5, t[2], c[3], 2),),
        ((3, t[3], c[4], 2),),
    )  # fmt: skip


def _narrow_start(width: int) -> tuple[MV2Row, ...]:
    return ((3, 1, 16, 1), (3, 4, width, 2), (3, 3, width, 1))


VARIANTS = {
    "tiny": Variant(
        16, _stages((16, 32, 64, 128, 160), _narrow_start(16), (3, 3, 3, 6)),
        (128, 160), (2, 2), (16, 24), 4, (2, 4), (64, 96),
    ),
    "small": Variant(
        16, _stages((24, 48, 96, 160, 192), _narrow_start(24), (3, 3, 4, 6)),
        (160, 192), (3, 3), (16, 24), 6, (2, 4), (96, 128),
    ),
    "base": Variant(
        16, _stages((32, 64, 128, 192, 256), _narrow_start(32), (3, 3, 4, 6)),
        (192, 256), (4, 4), (16, 24), 8, (2, 4), (128, 160),
    ),
    "large": Variant(
        32, _stages((64, 128, 192, 256, 320), ((3, 3, 32, 1), (3, 4, 64, 2), (3, 4, 64, 1)), (4, 4, 4, 6)),
        (192, 256, 320), (3, 3, 3), (16, 20, 24), 8, (2, 4, 6), (128, 160, 192),
    ),
}  # fmt: skip


class PositionTable(nn.Module):
    """A learned table over ``TABLE_LENGTH`` positions, linearly resampled to the number of tokens."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pos_embed = nn.Parameter(torch.randn(1, channels, TABLE_LENGTH))

    def at(self, length: int) -> Tensor:
        """``(1, channels, length)``; half-pixel centres, no antialiasing."""
        return F.interpolate(self.pos_embed, size=length, mode="linear", align_corners=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.at(x.shape[2])


class SeaAttention(nn.Module):
    """Squeeze-enhanced axial attention, ``(N, dim, H, W)`` to the same.

    Queries, keys and values are averaged along one axis and attend along the other, for both axes; the broadcast sum of the two results
    is the gate of a convolutional detail branch.
    """

    def __init__(self, dim: int, key_dim: int, heads: int, value_ratio: int) -> None:
        super().__init__()
        self.heads, self.key_dim, self.value_dim = heads, key_dim, value_ratio * key_dim
        keys, values = heads * key_dim, heads * self.value_dim
        self.to_q = ConvBN(dim, keys)
        self.to_k = ConvBN(dim, keys)
        self.to_v = ConvBN(dim, values)
        self.proj = nn.Sequential(nn.ReLU6(), ConvBN(values, dim))
        self.proj_encode_row = nn.Sequential(nn.ReLU6(), ConvBN(values, values))
        self.pos_emb_rowq = PositionTable(keys)
        self.pos_emb_rowk = PositionTable(keys)
        self.proj_encode_column = nn.Sequential(nn.ReLU6(), ConvBN(values, values))
        self.pos_emb_columnq = PositionTable(keys)
        self.pos_emb_columnk = PositionTable(keys)
        self.dwconv = ConvBN(2 * keys + values, 2 * keys + values, 3, groups=2 * keys + values)
        self.act = nn.ReLU6()
        self.pwconv = ConvBN(2 * keys + values, dim)
        self.gate = HardSigmoid()
        for zeroed in (self.proj, self.proj_encode_row, self.proj_encode_column):
            nn.init.zeros_(zeroed.get_parameter("1.bn.weight"))

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Multi-head attention over tokens: ``(N, channels, tokens)`` each; gives ``(N, value channels, tokens)``."""
        images, _, tokens = q.shape
        q, k, v = (t.reshape(images, self.heads, -1, tokens) for t in (q, k, v))
        weights = torch.softmax(q.transpose(2, 3) @ k * self.key_dim**-0.5, dim=-1)
        return (v @ weights.transpose(2, 3)).flatten(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.to_q(x), self.to_k(x), self.to_v(x)
        detail = self.pwconv(self.act(self.dwconv(torch.cat((q, k, v), dim=1))))
        rows = self.attend(self.pos_emb_rowq(q.mean(3)), self.pos_emb_rowk(k.mean(3)), v.mean(3))
        columns = self.attend(self.pos_emb_columnq(q.mean(2)), self.pos_emb_columnk(k.mean(2)), v.mean(2))
        context = self.proj_encode_row(rows.unsqueeze(3)) + self.proj_encode_column(columns.unsqueeze(2))
        out: Tensor = self.gate(self.proj(v + context)) * detail
        return out


class SeaFormerBackbone(nn.Module):
    """``(N, 3, H, W)`` to the map of stride 8 and the output of every transformer stage."""

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        self.variant = variant
        channels = variant.stem
        for i, rows in enumerate(variant.stages, 1):
            stage = nn.Sequential()
            if i == 1:
                stage.add_module("stem_block", nn.Sequential(ConvBN(3, variant.stem, 3, 2), nn.ReLU()))
            for j, row in enumerate(rows, 1):
                stage.add_module(f"layer{j}", MV2Block(channels, row))
                channels = row[2]
            self.add_module(f"smb{i}", stage)
        stages = zip(variant.widths, variant.depths, variant.key_dims, variant.mlp_ratios, strict=True)
        for i, (dim, depth, key_dim, mlp_ratio) in enumerate(stages, 1):
            attention = functools.partial(SeaAttention, dim, key_dim, variant.heads, variant.value_ratio)
            self.add_module(f"trans{i}", TransformerStage(attention, dim, depth, mlp_ratio, variant.drop_path))

    def features(self, x: Tensor) -> list[Tensor]:
        """The maps for the head, finest first."""
        maps = []
        for i in range(1, len(self.variant.stages) + 1):
            x = self.get_submodule(f"smb{i}")(x)
            transformer = i - self.variant.first_transformer + 1
            if transformer >= 1:
                x = self.get_submodule(f"trans{transformer}")(x)
            if i == 2 or transformer >= 1:
                maps.append(x)
        return maps

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.features(x)


class SeaFormerSegmenter(nn.Module):
    """Backbone and light head; logits ``(N, num_classes, H / 8, W / 8)``, odd sizes rounded up."""

    def __init__(self, variant: Variant, num_classes: int) -> None:
        super().__init__()
        self.backbone = SeaFormerBackbone(variant)
        channels = (variant.stages[1][-1][2], *variant.widths)
        self.decode_head = LightHead(channels, variant.embeds, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.decode_head(self.backbone(x))
        return logits


class SeaFormerClassifier(SeaFormerBackbone):
    """The backbone with a linear classifier on the averaged last map; logits ``(N, num_classes)``."""

    def __init__(self, variant: Variant, num_classes: int) -> None:
        super().__init__(variant)
        self.linear = nn.Linear(variant.widths[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # the authors' classifier is a backbone with a head
        logits: Tensor = self.linear(self.features(x)[-1].mean((2, 3)))
        return logits


def segmenter(variant: str, num_classes: int, seed: int = 0) -> SeaFormerSegmenter:
    """Seeded random SeaFormer for segmentation, in training mode as PyTorch makes it."""
    return seeded(lambda: SeaFormerSegmenter(VARIANTS[variant], num_classes), seed)


def classifier(variant: str, num_classes: int, seed: int = 0) -> SeaFormerClassifier:
    """Seeded random SeaFormer for image classification."""
    return seeded(lambda: SeaFormerClassifier(VARIANTS[variant], num_classes), seed)
