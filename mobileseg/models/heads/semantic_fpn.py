"""Semantic FPN: a feature pyramid, and a head that convolves and upsamples every level to the finest and adds them.

Papers: Lin et al., "Feature Pyramid Networks for Object Detection", CVPR 2017 (https://arxiv.org/abs/1612.03144); Kirillov,
Girshick, He, Dollar, "Panoptic Feature Pyramid Networks", CVPR 2019 (https://arxiv.org/abs/1901.02446). Original code: FPN and
FPNHead of github.com/open-mmlab/mmsegmentation (Apache-2.0). Keys and numbers are those of that code. Deploy version:
``semantic_fpn_deploy.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import ConvModule

PYRAMID_WIDTH, HEAD_WIDTH = 256, 128
LEVELS = 4  # strides 4, 8, 16, 32


class PlainConv(nn.Module):
    """A convolution with bias and nothing else, under mmcv's key name."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return out


class FeaturePyramid(nn.Module):
    """Maps of the given ``channels``, finest first, to as many of ``width``: 1x1 each, nearest upsampling from coarse to fine
    added on the way, 3x3 each."""

    def __init__(self, channels: Sequence[int], width: int = PYRAMID_WIDTH) -> None:
        super().__init__()
        self.lateral_convs = nn.ModuleList(PlainConv(count, width) for count in channels)
        self.fpn_convs = nn.ModuleList(PlainConv(width, width, 3) for _ in channels)

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        maps = [conv(x) for conv, x in zip(self.lateral_convs, features, strict=True)]
        for i in range(len(maps) - 1, 0, -1):
            maps[i - 1] = maps[i - 1] + F.interpolate(maps[i], size=maps[i - 1].shape[2:], mode="nearest")
        return [conv(x) for conv, x in zip(self.fpn_convs, maps, strict=True)]


class SemanticFpnHead(nn.Module):
    """A pyramid's maps, finest first, to class logits ``(N, classes, h, w)`` at the finest map's size.

    Level ``i`` has ``max(1, i)`` 3x3 convolutions, with bilinear doubling after each from level 1 on.
    """

    def __init__(self, num_classes: int, channels: int = PYRAMID_WIDTH, width: int = HEAD_WIDTH) -> None:
        super().__init__()
        self.conv_seg = nn.Conv2d(width, num_classes, 1)
        self.dropout = nn.Dropout2d(0.1)
        self.scale_heads = nn.ModuleList(self._scale_head(level, channels, width) for level in range(LEVELS))

    @staticmethod
    def _scale_head(level: int, channels: int, width: int) -> nn.Sequential:
        parts: list[nn.Module] = []
        for i in range(max(1, level)):
            parts.append(ConvModule(channels if i == 0 else width, width, relu=True, kernel=3))
            if level > 0:
                parts.append(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False))
        return nn.Sequential(*parts)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        total, *others = (head(x) for head, x in zip(self.scale_heads, features, strict=True))
        for x in others:
            total = total + F.interpolate(x, size=total.shape[2:], mode="bilinear", align_corners=False)
        logits: Tensor = self.conv_seg(self.dropout(total))
        return logits
