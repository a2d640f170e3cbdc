"""Panoptic-DeepLab's decoders and heads for the runtime: BatchNorms folded, every resize to a constant size.

XNNPACK resizes with aligned corners as it does with half-pixel centres, and has depthwise kernels for the 25 taps.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.layers import ConvBN
from mobileseg.models.blocks.rewrites import copied, fold
from mobileseg.models.heads.panoptic import Decoder, Head, InstanceBranch, PanopticHead, SemanticBranch, SeparableConv

Size = tuple[int, int]  # height, width of a map


def _folded(module: nn.Module) -> nn.Conv2d:
    assert isinstance(module, ConvBN)
    return fold(module)


class SeparableConvDeploy(nn.Module):
    """``relu(pointwise(relu(depthwise(x))))``, each with its BatchNorm folded."""

    def __init__(self, conv: SeparableConv) -> None:
        super().__init__()
        self.depthwise = _folded(conv.get_submodule("depthwise"))
        self.pointwise = _folded(conv.get_submodule("pointwise"))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.pointwise(F.relu(self.depthwise(x))))


class DecoderDeploy(nn.Module):
    """``Decoder`` on maps of fixed ``sizes``, finest first."""

    def __init__(self, decoder: Decoder, sizes: Sequence[Size]) -> None:
        super().__init__()
        self.sizes = tuple(reversed(sizes[:-1]))
        self.project = fold(decoder.project)
        self.low = nn.ModuleList(_folded(low) for low in decoder.low)
        self.fuse = nn.ModuleList(SeparableConvDeploy(fuse) for fuse in decoder.fuse if isinstance(fuse, SeparableConv))

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        *finer, deepest = features
        x = F.relu(self.project(deepest))
        for low, fuse, size, feature in zip(self.low, self.fuse, self.sizes, reversed(finer), strict=True):
            x = F.interpolate(x, size=size, mode="bilinear", align_corners=True)
            x = fuse(torch.cat((x, F.relu(low(feature))), dim=1))
        return x


class HeadDeploy(nn.Module):
    """``Head``, folded."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.conv = SeparableConvDeploy(head.conv)
        self.predict = copied(head.predict)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.predict(self.conv(x))
        return out


class SemanticBranchDeploy(nn.Module):
    """``SemanticBranch`` on maps of fixed ``sizes``, finest first."""

    def __init__(self, branch: SemanticBranch, sizes: Sequence[Size]) -> None:
        super().__init__()
        self.decoder = DecoderDeploy(branch.decoder, sizes)
        self.head = HeadDeploy(branch.head)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        logits: Tensor = self.head(self.decoder(features))
        return logits


class InstanceBranchDeploy(nn.Module):
    """``InstanceBranch`` on maps of fixed ``sizes``, finest first."""

    def __init__(self, branch: InstanceBranch, sizes: Sequence[Size]) -> None:
        super().__init__()
        self.decoder = DecoderDeploy(branch.decoder, sizes)
        self.center = HeadDeploy(branch.center)
        self.offset = HeadDeploy(branch.offset)

    def forward(self, features: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        x = self.decoder(features)
        return self.center(x), self.offset(x)


class PanopticHeadDeploy(nn.Module):
    """``PanopticHead`` on maps of fixed ``sizes``, finest first."""

    def __init__(self, head: PanopticHead, sizes: Sequence[Size]) -> None:
        super().__init__()
        self.semantic = SemanticBranchDeploy(head.semantic, sizes)
        self.instance = InstanceBranchDeploy(head.instance, sizes)

    def forward(self, features: Sequence[Tensor]) -> dict[str, Tensor]:
        center, offset = self.instance(features)
        return {"semantic": self.semantic(features), "center": center, "offset": offset}
