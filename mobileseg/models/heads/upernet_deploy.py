"""The deploy version of UPerNet.

What was rewritten, and why (executorch 1.5.1, XNNPACK):

* the adaptive average pools are one product with a constant matrix: the operator itself stays outside the delegate, and its bins
  overlap at sizes that they do not divide.
* no concatenation: a convolution of concatenated maps is the sum of a convolution for each. At 512x512 the concatenated map alone
  is 134 MB.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mobileseg.models.blocks.algebra import pooling_matrix
from mobileseg.models.blocks.layers import ConvModule
from mobileseg.models.blocks.rewrites import constant, copied, fold, make_conv
from mobileseg.models.heads.upernet import POOL_SCALES, UPerHead, resize


def parts(conv: nn.Conv2d, channels: Sequence[int]) -> list[nn.Conv2d]:
    """Convolutions of ``channels`` each, whose outputs add up to ``conv`` of their concatenated inputs; the first has the bias."""
    assert conv.bias is not None
    weights = torch.split_with_sizes(conv.weight, list(channels), dim=1)
    biases = [conv.bias] + [torch.zeros_like(conv.bias)] * (len(weights) - 1)
    return [make_conv(conv, weight, bias) for weight, bias in zip(weights, biases, strict=True)]


class PyramidPool(nn.Module):
    """The pyramid pooling module on a map of fixed ``size``: ``(1, C, h, w)`` -> ``(1, width, h, w)``."""

    def __init__(self, head: UPerHead, size: tuple[int, int]) -> None:
        super().__init__()
        matrices = [torch.kron(pooling_matrix(size[0], n), pooling_matrix(size[1], n)) for n in POOL_SCALES]
        self.matrix = constant(torch.cat(matrices))  # (1 + 4 + 9 + 36, h * w)
        convs = [fold(part) for part in head.psp_modules.modules() if isinstance(part, ConvModule)]
        self.convs = nn.ModuleList(convs)
        whole = fold(head.bottleneck)
        widths = [conv.out_channels for conv in convs]
        self.bottleneck = nn.ModuleList(parts(whole, [whole.in_channels - sum(widths), *widths]))

    def forward(self, x: Tensor) -> Tensor:
        own, *others = self.bottleneck
        total = own(x)
        pooled = F.linear(x.flatten(2), self.matrix)
        first = 0
        for scale, conv, part in zip(POOL_SCALES, self.convs, others, strict=True):
            square = pooled[:, :, first : first + scale**2].reshape(1, -1, scale, scale)
            total = total + part(resize(F.relu(conv(square)), x))
            first += scale**2
        return F.relu(total)


class UPerDeploy(nn.Module):
    """``UPerHead`` on maps of fixed sizes, finest first; ``coarsest`` is the last one's."""

    def __init__(self, head: UPerHead, coarsest: tuple[int, int]) -> None:
        super().__init__()
        self.pool = PyramidPool(head, coarsest)
        self.laterals = nn.ModuleList(fold(part) for part in head.lateral_convs if isinstance(part, ConvModule))
        self.convs = nn.ModuleList(fold(part) for part in head.fpn_convs if isinstance(part, ConvModule))
        whole = fold(head.fpn_bottleneck)
        self.fuse = nn.ModuleList(parts(whole, [whole.out_channels] * (len(self.laterals) + 1)))
        self.classify = copied(head.conv_seg)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        *finer, coarsest = features
        x = self.pool(coarsest)
        total = self.fuse[-1](resize(x, features[0]))
        for i in range(len(finer) - 1, -1, -1):
            x = F.relu(self.laterals[i](finer[i])) + resize(x, finer[i])
            level = F.relu(self.convs[i](x))
            total = total + self.fuse[i](resize(level, features[0]) if i else level)
        logits: Tensor = self.classify(F.relu(total))
        return logits
