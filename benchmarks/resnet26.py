"""A plain ResNet-26: what stand-alone self-attention is measured against.

He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016 (https://arxiv.org/abs/1512.03385), with the depths of
Ramachandran et al. 2019: bottlenecks 1, 2, 4, 1 with a 3x3 convolution that carries the stride. Stem, widths and classifier are
those of ``sasa-resnet26``. The BatchNorms are folded: a convolution with a bias stands for each pair.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import init_weights
from mobileseg.models.sasa.model import DEPTHS, EXPANSION, STEM, WIDTHS


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1; residual; ReLU."""

    def __init__(self, in_channels: int, width: int, stride: int) -> None:
        super().__init__()
        out_channels = EXPANSION * width
        self.conv1 = nn.Conv2d(in_channels, width, 1)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1)
        self.conv3 = nn.Conv2d(width, out_channels, 1)
        changes = stride != 1 or in_channels != out_channels
        self.downsample = nn.Conv2d(in_channels, out_channels, 1, stride) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return F.relu(out + self.downsample(x))


class ResNet26(nn.Module):
    """Normalised ``(1, 3, H, W)`` to logits ``(1, num_classes)``; seeded random, in evaluation mode."""

    def __init__(self, num_classes: int = 1000, seed: int = 0) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, STEM, 7, 2, 3)
        self.stages = nn.Sequential()
        channels = STEM
        for i, (depth, width) in enumerate(zip(DEPTHS["26"], WIDTHS, strict=True)):
            for j in range(depth):
                self.stages.append(Bottleneck(channels, width, 2 if i and not j else 1))
                channels = EXPANSION * width
        self.fc = nn.Linear(channels, num_classes)
        init_weights(self, seed)
        self.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2, 1)
        logits: Tensor = self.fc(self.stages(x).mean((2, 3), keepdim=True).flatten(1))
        return logits
