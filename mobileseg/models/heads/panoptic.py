"""Panoptic-DeepLab's decoders and heads: classes, instance centres and offsets to them, at stride 4.

Paper: Cheng, Collins, Zhu, Liu, Huang, Adam, Chen, "Panoptic-DeepLab: A Simple, Strong, and Fast Baseline for Bottom-Up
Panoptic Segmentation", CVPR 2020 (https://arxiv.org/abs/1911.10194). Original code: github.com/google-research/deeplab2
(Apache-2.0), here in the form that Axial-DeepLab uses: one 1x1 projection in place of the atrous pyramid. This is a
reimplementation from the specification with our own key names; ``mobileseg.weights.layouts.deeplab2`` converts the authors' checkpoints.
Deploy version: ``panoptic_deploy.py``. Postprocessing of the three maps to segments: ``mobileseg/postprocess/panoptic.py``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import ConvBN, set_batchnorm

TF_EPS = 1e-3
TF_MOMENTUM = 0.01  # TensorFlow's 0.99 counts what stays, PyTorch's what is new


class SeparableConv(nn.Sequential):
    """Depthwise convolution, BatchNorm, ReLU, 1x1 convolution, BatchNorm, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int = 5) -> None:
        depthwise = ConvBN(in_channels, in_channels, kernel, groups=in_channels)
        pointwise = ConvBN(in_channels, out_channels)
        named = {"depthwise": depthwise, "act1": nn.ReLU(), "pointwise": pointwise, "act2": nn.ReLU()}
        super().__init__(OrderedDict(named))


class Decoder(nn.Module):
    """Projects the deepest map, then resizes it to each finer one in turn and fuses the two.

    ``channels``: of the input maps, finest first; ``project``: width of the projected deepest one; ``low``: widths to which the others
    are reduced, coarse to fine; ``width``: of the output, ``(N, width, h, w)`` at the finest map's size.
    """

    def __init__(self, channels: Sequence[int], project: int, low: Sequence[int], width: int) -> None:
        super().__init__()
        *finer, deepest = channels
        inputs = (project, *[width] * (len(low) - 1))
        self.project = ConvBN(deepest, project)
        self.low = nn.ModuleList(ConvBN(c, to) for c, to in zip(reversed(finer), low, strict=True))
        self.fuse = nn.ModuleList(SeparableConv(c + to, width) for c, to in zip(inputs, low, strict=True))

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        *finer, deepest = features
        x = F.relu(self.project(deepest))
        for low, fuse, feature in zip(self.low, self.fuse, reversed(finer), strict=True):
            detail = F.relu(low(feature))
            x = F.interpolate(x, size=detail.shape[2:], mode="bilinear", align_corners=True)
            x = fuse(torch.cat((x, detail), dim=1))
        return x


class Head(nn.Module):
    """A separable convolution to ``hidden`` channels and a 1x1 convolution with bias to the prediction."""

    def __init__(self, channels: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.conv = SeparableConv(channels, hidden)
        self.predict = nn.Conv2d(hidden, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.predict(self.conv(x))
        return out


class SemanticBranch(nn.Module):
    """Feature maps, finest first, to class logits ``(N, num_classes, h, w)`` at the finest map's size; also usable alone.

    ``eps``, ``momentum``: of every BatchNorm in it.
    """

    def __init__(
        self,
        channels: Sequence[int],
        num_classes: int,
        low: Sequence[int] = (64, 32),
        project: int = 256,
        width: int = 256,
        eps: float = TF_EPS,
        momentum: float = TF_MOMENTUM,
    ) -> None:
        super().__init__()
        self.decoder = Decoder(channels, project, low, width)
        self.head = Head(width, width, num_classes)
        set_batchnorm(self, eps, momentum)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        logits: Tensor = self.head(self.decoder(features))
        return logits


class InstanceBranch(nn.Module):
    """Feature maps, finest first, to the heat map of instance centres ``(N, 1, h, w)`` and the offsets ``(N, 2, h, w)`` to them, down and
    right, in pixels of this map."""

    def __init__(
        self,
        channels: Sequence[int],
        low: Sequence[int] = (32, 16),
        project: int = 256,
        width: int = 128,
        hidden: int = 32,
        eps: float = TF_EPS,
        momentum: float = TF_MOMENTUM,
    ) -> None:
        super().__init__()
        self.decoder = Decoder(channels, project, low, width)
        self.center = Head(width, hidden, 1)
        self.offset = Head(width, hidden, 2)
        set_batchnorm(self, eps, momentum)

    def forward(self, features: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        x = self.decoder(features)
        return self.center(x), self.offset(x)


class PanopticHead(nn.Module):
    """Both branches on maps of stride 4, 8 and 16 with ``channels``, finest first; the widths are deeplab2's for Cityscapes."""

    def __init__(self, channels: Sequence[int], num_classes: int) -> None:
        super().__init__()
        self.semantic = SemanticBranch(channels, num_classes)
        self.instance = InstanceBranch(channels)

    def forward(self, features: Sequence[Tensor]) -> dict[str, Tensor]:
        center, offset = self.instance(features)
        return {"semantic": self.semantic(features), "center": center, "offset": offset}
