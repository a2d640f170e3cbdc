"""UPerNet: pyramid pooling on the coarsest map, a feature pyramid with bilinear upsampling, and all levels fused at the finest.

Paper: Xiao, Liu, Zhou, Jiang, Sun, "Unified Perceptual Parsing for Scene Understanding", ECCV 2018
(https://arxiv.org/abs/1807.10221). Original code: UPerHead and FCNHead of github.com/open-mmlab/mmsegmentation (Apache-2.0).
Keys and numbers are those of that code. Deploy version: ``upernet_deploy.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import ConvModule

POOL_SCALES = (1, 2, 3, 6)
WIDTH, AUXILIARY_WIDTH = 512, 256


def resize(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear resize to the height and width of ``like``."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class UPerHead(nn.Module):
    """Maps of the given ``channels``, finest first, to class logits ``(N, classes, h, w)`` at the finest map's size."""

    def __init__(self, channels: Sequence[int], num_classes: int, width: int = WIDTH) -> None:
        super().__init__()
        *finer, coarsest = channels
        self.conv_seg = nn.Conv2d(width, num_classes, 1)
        self.dropout = nn.Dropout2d(0.1)
        self.psp_modules = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(scale), ConvModule(coarsest, width, relu=True)) for scale in POOL_SCALES
        )
        self.bottleneck = ConvModule(coarsest + len(POOL_SCALES) * width, width, relu=True, kernel=3)
        self.lateral_convs = nn.ModuleList(ConvModule(count, width, relu=True) for count in finer)
        self.fpn_convs = nn.ModuleList(ConvModule(width, width, relu=True, kernel=3) for _ in finer)
        self.fpn_bottleneck = ConvModule(len(channels) * width, width, relu=True, kernel=3)

    def pool(self, x: Tensor) -> Tensor:
        """The pyramid pooling module: ``(N, C, h, w)`` -> ``(N, width, h, w)``."""
        pooled: Tensor = self.bottleneck(torch.cat([x, *(resize(module(x), x) for module in self.psp_modules)], dim=1))
        return pooled

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        *finer, coarsest = features
        maps = [conv(x) for conv, x in zip(self.lateral_convs, finer, strict=True)]
        maps.append(self.pool(coarsest))
        for i in range(len(maps) - 1, 0, -1):
            maps[i - 1] = maps[i - 1] + resize(maps[i], maps[i - 1])
        levels = [*(conv(x) for conv, x in zip(self.fpn_convs, maps, strict=False)), maps[-1]]
        fused = self.fpn_bottleneck(torch.cat([resize(x, levels[0]) for x in levels], dim=1))
        logits: Tensor = self.conv_seg(self.dropout(fused))
        return logits


class FcnHead(nn.Module):
    """One 3x3 convolution and a classifier, ``(N, C, h, w)`` -> logits ``(N, classes, h, w)``; an auxiliary head for training."""

    def __init__(self, channels: int, num_classes: int, width: int = AUXILIARY_WIDTH) -> None:
        super().__init__()
        self.conv_seg = nn.Conv2d(width, num_classes, 1)
        self.dropout = nn.Dropout2d(0.1)
        self.convs = nn.Sequential(ConvModule(channels, width, relu=True, kernel=3))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.conv_seg(self.dropout(self.convs(x)))
        return logits
