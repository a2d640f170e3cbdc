"""VAN: a convolutional network whose attention is a large kernel, decomposed into depthwise, dilated depthwise and 1x1 convolutions.

Paper: Guo, Lu, Liu, Cheng, Hu, "Visual Attention Network", Computational Visual Media 2023 (https://arxiv.org/abs/2202.09741).
Original code: github.com/Visual-Attention-Network/VAN-Classification and VAN-Segmentation (Apache-2.0; "for commercial use,
please contact the authors"). This is a reimplementation from the specification: state_dict keys and numbers are the authors',
the code is not. What mobile runtimes lack or compute slowly (49 taps in a depthwise convolution, LayerNorm over channels, BatchNorm
before convolutions) is rewritten in ``deploy.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import DropPath, seeded
from mobileseg.models.heads.light import LightHead
from mobileseg.models.heads.semantic_fpn import FeaturePyramid, SemanticFpnHead
from mobileseg.models.heads.upernet import FcnHead, UPerHead

MLP_RATIOS = (8, 8, 4, 4)
INITIAL_SCALE = 1e-2  # of both branches of a block
CLASSIFIER_EPS, SEGMENTER_EPS = 1e-6, 1e-5  # of the stages' LayerNorms: the authors' two repositories differ


@dataclass(frozen=True)
class Variant:
    """One row of the paper's architecture table, with the drop-path rates of the authors' configurations. Where they have none (B4 to B6
    as classifiers, and heads that they did not train), the rates are those of the next smaller variant."""

    widths: tuple[int, int, int, int]
    depths: tuple[int, int, int, int]
    classifier_drop_path: float = 0.1
    fpn_drop_path: float = 0.2
    upernet_drop_path: float = 0.1


_MEDIUM, _WIDE = (64, 128, 320, 512), (96, 192, 480, 768)
VARIANTS = {
    "b0": Variant((32, 64, 160, 256), (3, 3, 5, 2)),
    "b1": Variant(_MEDIUM, (2, 2, 4, 2)),
    "b2": Variant(_MEDIUM, (3, 3, 12, 3)),
    "b3": Variant(_MEDIUM, (3, 5, 27, 3), 0.2, 0.3, 0.3),
    "b4": Variant(_MEDIUM, (3, 6, 40, 3), 0.2, 0.4, 0.4),
    "b5": Variant(_WIDE, (3, 3, 24, 3), 0.2, 0.4, 0.4),
    "b6": Variant((96, 192, 384, 768), (6, 6, 90, 6), 0.2, 0.5, 0.5),
}
LIGHT_EMBEDS = {"b0": (64, 96, 128), "b1": (64, 128, 160)}  # ours, near those of SeaFormer-Base


class PatchEmbed(nn.Module):
    """A strided convolution and a BatchNorm: ``(N, C, H, W)`` -> ``(N, width, ceil(H / stride), ceil(W / stride))``."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, kernel, stride, kernel // 2)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.proj(x))
        return out


class LargeKernelAttention(nn.Module):
    """``z * conv1(conv_spatial(conv0(z)))``: a gate with a 21x21 receptive field multiplies its own input."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(dim, dim, 5, padding=2, groups=dim)
        self.conv_spatial = nn.Conv2d(dim, dim, 7, padding=9, groups=dim, dilation=3)
        self.conv1 = nn.Conv2d(dim, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate: Tensor = self.conv1(self.conv_spatial(self.conv0(x)))
        return x * gate


class Attention(nn.Module):
    """1x1, GELU, large-kernel attention, 1x1, with a shortcut from this module's (normalised) input."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.proj_1 = nn.Conv2d(dim, dim, 1)
        self.spatial_gating_unit = LargeKernelAttention(dim)
        self.proj_2 = nn.Conv2d(dim, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.proj_2(self.spatial_gating_unit(F.gelu(self.proj_1(x))))
        return out + x


class DepthwiseConv(nn.Module):
    """A 3x3 depthwise convolution, named as in the authors' checkpoints."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, 3, padding=1, groups=dim)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.dwconv(x)
        return out


class Mlp(nn.Module):
    """1x1, depthwise 3x3, GELU, 1x1."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(dim, hidden, 1)
        self.dwconv = DepthwiseConv(hidden)
        self.fc2 = nn.Conv2d(hidden, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(F.gelu(self.dwconv(self.fc1(x))))
        return out


class Block(nn.Module):
    """Attention and MLP, each with a BatchNorm before it, a scale per channel after it, and a residual."""

    def __init__(self, dim: int, mlp_ratio: int, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(dim)
        self.attn = Attention(dim)
        self.drop_path = DropPath(drop_path)
        self.norm2 = nn.BatchNorm2d(dim)
        self.mlp = Mlp(dim, mlp_ratio * dim)
        self.layer_scale_1 = nn.Parameter(torch.full((dim,), INITIAL_SCALE))
        self.layer_scale_2 = nn.Parameter(torch.full((dim,), INITIAL_SCALE))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_path(self.layer_scale_1[:, None, None] * self.attn(self.norm1(x)))
        out: Tensor = x + self.drop_path(self.layer_scale_2[:, None, None] * self.mlp(self.norm2(x)))
        return out


class VanBackbone(nn.Module):
    """``(N, 3, H, W)`` to four maps, each normalised over its channels, of strides 4, 8, 16 and 32."""

    def __init__(self, variant: Variant, eps: float, drop_path: float) -> None:
        super().__init__()
        self.variant = variant
        channels, done, total = 3, 0, sum(variant.depths)
        for i, (width, depth, ratio) in enumerate(zip(variant.widths, variant.depths, MLP_RATIOS, strict=True), 1):
            rates = [drop_path * (done + j) / (total - 1) for j in range(depth)]
            self.add_module(
                f"patch_embed{i}", PatchEmbed(channels, width, 7 if i == 1 else 3, stride=4 if i == 1 else 2)
            )
            self.add_module(f"block{i}", nn.ModuleList(Block(width, ratio, rate) for rate in rates))
            self.add_module(f"norm{i}", nn.LayerNorm(width, eps=eps))
            channels, done = width, done + depth

    def stages(self) -> Iterator[tuple[PatchEmbed, list[Block], nn.LayerNorm]]:
        """The parts of every stage, finest first."""
        for i in range(1, len(self.variant.widths) + 1):
            embed, blocks, norm = (self.get_submodule(f"{name}{i}") for name in ("patch_embed", "block", "norm"))
            assert isinstance(embed, PatchEmbed) and isinstance(norm, nn.LayerNorm)
            yield embed, [block for block in blocks.children() if isinstance(block, Block)], norm

    def features(self, x: Tensor) -> list[Tensor]:
        """The maps, finest first."""
        maps = []
        for embed, blocks, norm in self.stages():
            x = embed(x)
            for block in blocks:
                x = block(x)
            x = norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            maps.append(x)
        return maps

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.features(x)


class VanClassifier(VanBackbone):
    """The backbone with a linear classifier on the averaged last map; logits ``(N, num_classes)``."""

    def __init__(self, variant: Variant, num_classes: int) -> None:
        super().__init__(variant, CLASSIFIER_EPS, variant.classifier_drop_path)
        self.head = nn.Linear(variant.widths[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # the authors' classifier is a backbone with a head
        logits: Tensor = self.head(self.features(x)[-1].mean((2, 3)))
        return logits


class VanSegmenter(nn.Module):
    """Backbone, neck and head; logits ``(N, num_classes, H / 4, W / 4)``, odd sizes rounded up."""

    def __init__(self, backbone: VanBackbone, neck: nn.Module, decode_head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.neck = neck
        self.decode_head = decode_head

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.decode_head(self.neck(self.backbone(x)))
        return logits


class VanUPerNet(VanSegmenter):
    """VAN with UPerNet and the authors' auxiliary head on the map of stride 16, which is used in training only."""

    def __init__(self, backbone: VanBackbone, num_classes: int) -> None:
        widths = backbone.variant.widths
        super().__init__(backbone, nn.Identity(), UPerHead(widths, num_classes))
        self.auxiliary_head = FcnHead(widths[2], num_classes)

    def with_auxiliary(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of both heads, for training; those of the auxiliary head have stride 16. The loss is that of the first plus
        ``mobileseg.training.losses.AUXILIARY_WEIGHT`` times that of the second."""
        maps = self.backbone(x)
        return self.decode_head(maps), self.auxiliary_head(maps[2])


def classifier(variant: str, num_classes: int, seed: int = 0) -> nn.Module:
    """Seeded random VAN for image classification, in training mode as PyTorch makes it."""
    return seeded(lambda: VanClassifier(VARIANTS[variant], num_classes), seed)


def semantic_fpn(variant: str, num_classes: int, seed: int = 0) -> nn.Module:
    """Seeded random VAN with a Semantic FPN."""
    row = VARIANTS[variant]

    def construct() -> nn.Module:
        backbone = VanBackbone(row, SEGMENTER_EPS, row.fpn_drop_path)
        return VanSegmenter(backbone, FeaturePyramid(row.widths), SemanticFpnHead(num_classes))

    return seeded(construct, seed)


def upernet(variant: str, num_classes: int, seed: int = 0) -> nn.Module:
    """Seeded random VAN with a UPerNet."""
    row = VARIANTS[variant]
    return seeded(lambda: VanUPerNet(VanBackbone(row, SEGMENTER_EPS, row.upernet_drop_path), num_classes), seed)


def light(variant: str, num_classes: int, seed: int = 0) -> nn.Module:
    """Seeded random VAN with SeaFormer's light head: our own variant for phones."""
    row = VARIANTS[variant]

    def construct() -> nn.Module:
        backbone = VanBackbone(row, SEGMENTER_EPS, row.upernet_drop_path)
        return VanSegmenter(backbone, nn.Identity(), LightHead(row.widths, LIGHT_EMBEDS[variant], num_classes))

    return seeded(construct, seed)
